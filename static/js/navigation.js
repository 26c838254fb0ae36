// Navigation within a page: links and forms that lead to the same page swap its content instead of loading it anew.

const page = () => document.getElementById("page");

// Shows another state of this page; the back button takes it back.
export function navigate(href) {
  const url = new URL(href, location.href);
  htmx.ajax("GET", url.pathname + url.search, {
    source: page(), target: page(), select: "#page > *", swap: "innerHTML show:none", push: "true",
  });
}

// Has screen readers say a text.
export function announce(text) {
  const region = document.getElementById("live-region");
  if (region) region.textContent = text;
}

const isPlainClick = (event) =>
  event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

document.addEventListener("click", (event) => {
  if (!isPlainClick(event)) return;
  const shared = event.target.closest("[data-copy]");
  if (shared && navigator.clipboard) {
    event.preventDefault();
    copy(shared);
    return;
  }
  const link = event.target.closest("#page a[href]");
  if (!link || link.target || link.hasAttribute("download")) return;
  if (link.origin !== location.origin || link.pathname !== location.pathname || link.getAttribute("href") === "") return;
  event.preventDefault();
  navigate(link.href);
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest("#page form[method=get]");
  const action = form?.getAttribute("action"); // form.action may be a field of that name
  if (!form || new URL(action, location.href).pathname !== location.pathname) return;
  event.preventDefault();
  navigate(`${action}?${new URLSearchParams(new FormData(form))}`);
});

async function copy(link) {
  try {
    await navigator.clipboard.writeText(link.href);
  } catch {
    location.href = link.href;
    return;
  }
  const label = link.textContent;
  link.textContent = "Copied";
  link.classList.add("copied");
  announce("Copied");
  setTimeout(() => { link.textContent = label; link.classList.remove("copied"); }, 1600);
}

// ← and → move the range when nothing else wants them.
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || event.shiftKey) return;
  if (document.activeElement && document.activeElement !== document.body && document.activeElement.id !== "main") return;
  const id = { ArrowLeft: "previous-range", ArrowRight: "next-range" }[event.key];
  const link = id && document.getElementById(id);
  if (link) { event.preventDefault(); navigate(link.href); }
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr, pathInfo } = event.detail;
  if (target !== page() || xhr.status < 400) return;
  event.detail.shouldSwap = false; // a page of its own says what is wrong
  location.href = pathInfo.finalRequestPath;
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== page()) return;
  document.title = `${document.querySelector("h1")?.lastChild?.textContent?.trim() || "Weir"} · Weir`;
});
