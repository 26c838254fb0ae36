// Inputs of several short texts as chips: × or Backspace takes one away, Enter or a comma adds one. The input itself stays
// in the form, hidden, and says them all with commas between them.

const split = (text) => [...new Set(text.split(",").map((one) => one.trim()).filter(Boolean))];

for (const input of document.querySelectorAll("input[data-chips]")) {
  if (!input.disabled) chipsOf(input);
}

function chipsOf(input) {
  const box = Object.assign(document.createElement("span"), { className: "chips-input" });
  const entry = Object.assign(document.createElement("input"), { type: "text", id: input.id, autocomplete: "off" });
  if (document.getElementById(`${input.id}_suggestions`)) entry.setAttribute("list", `${input.id}_suggestions`);
  for (const name of ["aria-describedby", "aria-invalid"]) if (input.hasAttribute(name)) entry.setAttribute(name, input.getAttribute(name));
  input.removeAttribute("id");
  input.type = "hidden";
  input.after(box);
  box.append(entry);
  box.addEventListener("click", (event) => { if (event.target === box) entry.focus(); });

  const say = (texts) => { input.value = texts.join(", "); show(); };
  const add = () => { const more = split(entry.value); entry.value = ""; if (more.length) say(split([input.value, ...more].join(","))); };
  const remove = (text) => { say(split(input.value).filter((one) => one !== text)); entry.focus(); };

  function show() {
    for (const chip of box.querySelectorAll(".tag")) chip.remove();
    for (const text of split(input.value)) entry.before(chip(text));
  }

  function chip(text) {
    const shown = Object.assign(document.createElement("span"), { className: "tag", textContent: text });
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    button.setAttribute("aria-label", `Remove ${text}`);
    button.addEventListener("click", () => remove(text));
    shown.append(button);
    return shown;
  }

  entry.addEventListener("keydown", (event) => {
    if (event.key === "Backspace" && !entry.value && input.value) remove(split(input.value).at(-1));
    if ((event.key === "Enter" && entry.value) || event.key === ",") { event.preventDefault(); add(); }
  });
  entry.addEventListener("change", add);
  input.form.addEventListener("submit", add);
  show();
}
