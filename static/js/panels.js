// Panels are fragments that are fetched beside the page. They keep what they showed until the new content is
// there, and failures are said in their place.

const isPage = (element) => element.id === "page";
const previousContents = new Map(); // panel id → the nodes it had before the page was swapped
const slowTimers = new WeakMap();

document.addEventListener("click", (event) => {
  const retry = event.target.closest("[data-retry]");
  if (retry) htmx.trigger(retry.closest("[data-panel]"), "retry");
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const panel = event.target.closest("[data-panel]");
  if (!panel) return;
  if (document.hidden && panel.hasAttribute("data-loaded")) return event.preventDefault(); // live, but nobody looks
  panel.setAttribute("aria-busy", "true");
  const showHint = () => { const hint = panel.querySelector(".slow"); if (hint) hint.hidden = false; };
  slowTimers.set(panel, setTimeout(showHint, 3000));
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
  if (!isPage(target)) {
    if (xhr.status >= 400 && /^\s*<!doctype/i.test(xhr.responseText)) event.detail.serverResponse = failure(xhr);
  } else if (xhr.status < 400) {
    previousContents.clear();
    for (const panel of document.querySelectorAll("[data-panel][data-loaded]")) {
      previousContents.set(panel.id, [...panel.childNodes]);
    }
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  const { target } = event.detail;
  if (isPage(target)) {
    showPreviousContents();
  } else if (target.hasAttribute("data-panel")) {
    clearTimeout(slowTimers.get(target));
    target.classList.remove("stale");
    target.removeAttribute("aria-busy");
    target.setAttribute("data-loaded", "");
  }
  setOffline(false);
});

function showPreviousContents() {
  for (const panel of document.querySelectorAll("[data-panel]:not([data-loaded])")) { // what came with the page is new
    const nodes = previousContents.get(panel.id);
    if (nodes) { panel.replaceChildren(...nodes); panel.classList.add("stale"); }
  }
  previousContents.clear();
}

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    setOffline(true);
    const panel = event.target.closest("[data-panel]");
    if (panel && !panel.hasAttribute("data-loaded")) {
      panel.innerHTML = '<div class="empty failed" role="alert"><h3>Weir cannot be reached</h3><button type="button" data-retry>Try again</button></div>';
      panel.removeAttribute("aria-busy");
    }
  });
}

function setOffline(isOffline) {
  const notice = document.getElementById("offline-notice");
  if (notice) notice.hidden = !isOffline;
}
