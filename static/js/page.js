// What every analytics page does: links to the same page swap its content instead of loading it anew,
// panels keep what they showed until the new content is there, and failures are said.

const page = () => document.getElementById("page");
const seen = new Map(); // panel id → what it showed before the swap
let slow = new WeakMap();

export function go(address) {
  const url = new URL(address, location.href);
  htmx.ajax("GET", url.pathname + url.search, {
    source: page(), target: page(), select: "#page > *", swap: "innerHTML show:none", push: "true",
  });
}

export function say(words) {
  const line = document.getElementById("said");
  if (line) line.textContent = words;
}

const plain = (event) => event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

document.addEventListener("click", (event) => {
  const copied = event.target.closest("[data-copy]");
  if (copied && plain(event) && navigator.clipboard) {
    event.preventDefault();
    navigator.clipboard.writeText(copied.href).then(() => tell(copied, "Copied"), () => { location.href = copied.href; });
    return;
  }
  const retry = event.target.closest("[data-retry]");
  if (retry) return htmx.trigger(retry.closest("[data-panel]"), "retry");
  const link = event.target.closest("#page a[href]");
  if (!link || !plain(event) || link.target || link.hasAttribute("download")) return;
  if (link.origin !== location.origin || link.pathname !== location.pathname || link.getAttribute("href") === "") return;
  event.preventDefault();
  go(link.href);
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest("#page form[method=get]");
  const action = form?.getAttribute("action"); // form.action may be a field of that name
  if (!form || new URL(action, location.href).pathname !== location.pathname) return;
  event.preventDefault();
  go(`${action}?${new URLSearchParams(new FormData(form))}`);
});

function tell(element, words) {
  const before = element.textContent;
  element.textContent = words;
  element.classList.add("said");
  say(words);
  setTimeout(() => { element.textContent = before; element.classList.remove("said"); }, 1600);
}

// ← and → move the range when nothing else wants them.
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || event.shiftKey) return;
  if (document.activeElement && document.activeElement !== document.body && document.activeElement.id !== "main") return;
  const link = { ArrowLeft: "earlier", ArrowRight: "later" }[event.key];
  const found = link && document.getElementById(link);
  if (found) { event.preventDefault(); go(found.href); }
});

// Panels ---------------------------------------------------------------------------------------

document.addEventListener("htmx:beforeRequest", (event) => {
  const panel = event.target.closest("[data-panel]");
  if (!panel) return;
  if (document.hidden && panel.dataset.filled) return event.preventDefault(); // live, but nobody looks
  panel.setAttribute("aria-busy", "true");
  slow.set(panel, setTimeout(() => { const hint = panel.querySelector(".slow"); if (hint) hint.hidden = false; }, 3000));
});

const CAUSES = { 403: "You may not see this.", 404: "There is nothing here.", 503: "The database does not answer. Nothing is lost: records wait in Redis." };

// A panel whose request failed outside its view is answered with a whole page: say the same in its place.
function failure(xhr) {
  const box = document.createElement("div");
  const add = (name, text) => box.appendChild(Object.assign(document.createElement(name), { textContent: text }));
  Object.assign(box, { className: "empty failed" }).setAttribute("role", "alert");
  add("h3", "This could not be shown");
  add("p", `${CAUSES[xhr.status] ?? "Something went wrong on our side; the log has it."} `)
    .append(Object.assign(document.createElement("small"), { textContent: `Request ${xhr.getResponseHeader("X-Request-ID") ?? "–"}` }));
  Object.assign(add("button", "Try again"), { type: "button" }).dataset.retry = "";
  return box.outerHTML;
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr } = event.detail;
  if (target !== page()) {
    if (xhr.status >= 400 && /^\s*<!doctype/i.test(xhr.responseText)) event.detail.serverResponse = failure(xhr);
    return;
  }
  if (xhr.status >= 400) {
    event.detail.shouldSwap = false; // a page of its own says what is wrong
    location.href = event.detail.pathInfo.finalRequestPath;
    return;
  }
  seen.clear();
  for (const panel of document.querySelectorAll("[data-panel][data-filled]")) seen.set(panel.id, [...panel.childNodes]);
});

document.addEventListener("htmx:afterSwap", (event) => {
  const target = event.detail.target;
  if (target === page()) {
    for (const panel of document.querySelectorAll("[data-panel]")) {
      const before = seen.get(panel.id);
      if (before) { panel.replaceChildren(...before); panel.classList.add("stale"); }
    }
    seen.clear();
    document.title = `${document.querySelector("h1")?.lastChild?.textContent?.trim() || "Weir"} · Weir`;
  } else if (target.hasAttribute("data-panel")) {
    clearTimeout(slow.get(target));
    target.classList.remove("stale");
    target.removeAttribute("aria-busy");
    target.dataset.filled = "1";
  }
  reachable(true);
});

for (const failure of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, (event) => {
    reachable(false);
    const panel = event.target.closest("[data-panel]");
    if (panel && !panel.dataset.filled) {
      panel.innerHTML = '<div class="empty failed" role="alert"><h3>Weir cannot be reached</h3><button type="button" data-retry>Try again</button></div>';
      panel.removeAttribute("aria-busy");
    }
  });
}

function reachable(yes) {
  const away = document.getElementById("away");
  if (away) away.hidden = yes;
}
