// Pages around one's own account: copying what is shown once, and the code of a link.

for (const button of document.querySelectorAll("[data-copy-from]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copyFrom).textContent.trim());
    button.textContent = "Copied";
  });
}

// The code stands behind the # so that no server writes it into a log. It goes from the address bar too.
const field = document.querySelector("[data-from-link]");
const code = location.hash.slice(1);
if (field && code) {
  field.querySelector("input").value = code;
  field.hidden = true;
  history.replaceState(null, "", location.pathname);
}
