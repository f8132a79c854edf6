// Behaviour of the portal's pages. Everything works without it; it adds. One file, no dependency, no eval, listeners on the
// document alone, so that swapped content needs no set-up. Pages speak to it by data attributes only.
(() => {
  "use strict";
  const doc = document;
  const word = key => doc.getElementById("words")?.content.querySelector(`[data-w="${key}"]`)?.textContent ?? key;

  // Announce something to those who do not see it. The pause makes the same text count twice.
  const announce = text => {
    const live = doc.getElementById("live");
    if (!live || !text) return;
    live.textContent = "";
    setTimeout(() => { live.textContent = text; }, 60);
  };

  // ---------- copy ----------
  doc.addEventListener("click", async event => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.dataset.done = "";
    setTimeout(() => delete button.dataset.done, 2000);
    announce(word("copied"));
  });
})();
