// What buckets of a chart say in words: for the tooltip, and to be read aloud.

const count = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });

export function withUnit(value, unit) {
  if (value === null) return "–";
  return unit === "requests" ? count.format(value) : `${count.format(value)} ${unit}`;
}

// A title and [series, value] pairs: of one bucket, or of several as sums of what can be summed.
function reading(data, first, last) {
  const shown = data.series.filter((one) => !one.hidden);
  if (first === last) return { title: data.labels[first], values: shown.map((one) => [one, one.values[first] ?? null]) };
  const sum = (one) => one.values.slice(first, last + 1).reduce((total, value) => total + value, 0);
  return {
    title: `${data.labels[first]} – ${data.labels[last]}`,
    values: shown.filter((one) => one.kind === "bar").map((one) => [one, sum(one)]),
  };
}

export function words(data, first, last) {
  const { title, values } = reading(data, first, last);
  const filling = last === data.incomplete_from ? ", still filling" : "";
  return `${title}${filling}: ${values.map(([one, value]) => `${one.name} ${withUnit(value, one.unit)}`).join(", ")}`;
}

const make = (name, textContent, className = "") => Object.assign(document.createElement(name), { textContent, className });

export function rows(data, first, last) {
  const { title, values } = reading(data, first, last);
  const lines = values.reverse().map(([one, value]) => {
    const line = make("span", ""), name = make("span", one.name);
    name.prepend(make("i", "", `swatch-${one.key}`));
    line.append(name, make("em", withUnit(value, one.unit)));
    return line;
  });
  const note = last === data.incomplete_from ? [make("small", "still filling")] : [];
  return [make("b", title), ...lines, ...note];
}
