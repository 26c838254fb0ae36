// What buckets of a chart say in words: for the tooltip, and to be read aloud.

const number = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });

function withUnit(value, unit) {
  if (value === null) return "–";
  return unit === "requests" ? number.format(value) : `${number.format(value)} ${unit}`;
}

// A title and [series, value] pairs: of one bucket, or of several as sums of what can be summed.
function readBuckets(data, first, last) {
  const visible = data.series.filter((series) => !series.hidden);
  if (first === last) {
    return { title: data.labels[first], values: visible.map((series) => [series, series.values[first] ?? null]) };
  }
  const sum = (series) => series.values.slice(first, last + 1).reduce((total, value) => total + value, 0);
  return {
    title: `${data.labels[first]} – ${data.labels[last]}`,
    values: visible.filter((series) => series.kind === "bar").map((series) => [series, sum(series)]),
  };
}

export function describe(data, first, last) {
  const { title, values } = readBuckets(data, first, last);
  const filling = last === data.incomplete_from ? ", still filling" : "";
  return `${title}${filling}: ${values.map(([series, value]) => `${series.name} ${withUnit(value, series.unit)}`).join(", ")}`;
}

const element = (name, textContent, className = "") =>
  Object.assign(document.createElement(name), { textContent, className });

export function tooltipRows(data, first, last) {
  const { title, values } = readBuckets(data, first, last);
  const rows = values.reverse().map(([series, value]) => {
    const row = element("span", ""), name = element("span", series.name);
    name.prepend(element("i", "", `swatch-${series.key}`));
    row.append(name, element("em", withUnit(value, series.unit)));
    return row;
  });
  const note = last === data.incomplete_from ? [element("small", "still filling")] : [];
  return [element("b", title), ...rows, ...note];
}
