// Behaviour of the portal's pages. Everything works without it; it adds. One file, no dependency, no eval, listeners on the
// document alone, so that swapped content needs no set-up. Pages speak to it by data attributes only; templates/layout
// lists them.
(() => {
  "use strict";
  const doc = document;
  const one = (selector, root = doc) => root.querySelector(selector);
  const all = (selector, root = doc) => [...root.querySelectorAll(selector)];
  const on = (name, handler, options) => doc.addEventListener(name, handler, options);
  const word = key => one("#words")?.content.querySelector(`[data-w="${key}"]`)?.textContent ?? key;

  // make builds an element: make("button", {type: "button"}, "text", child…).
  const make = (tag, attributes = {}, ...children) => {
    const element = doc.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === true) element.setAttribute(name, "");
      else if (value != null && value !== false) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  };
  const drawIcon = name => make("i", {"data-i": name});

  // latin turns Persian and Arabic digits to Latin ones, and Arabic letters to the Persian ones that look the same.
  const latin = text => text
    .replace(/[۰-۹]/g, d => d.charCodeAt(0) - 0x6f0)
    .replace(/[٠-٩]/g, d => d.charCodeAt(0) - 0x660)
    .replace(/ي/g, "ی").replace(/ك/g, "ک");

  // ---------- announcements and toasts ----------

  // announce says something to those who do not see it. The pause makes the same text count twice.
  const announce = text => {
    const live = one("#live");
    if (!live || !text) return;
    live.textContent = "";
    setTimeout(() => { live.textContent = text; }, 60);
  };

  const TOAST_MS = 8000;
  const toast = (text, tone = "success") => {
    const close = make("button", {type: "button", class: "btn-close", "aria-label": word("close")});
    const box = make("div", {class: "note", role: "status", "data-tone": tone},
      drawIcon(tone === "success" ? "circle-check" : "info-circle"), make("span", {}, text), close);
    let timer;
    const start = () => { timer = setTimeout(() => box.remove(), TOAST_MS); };
    const stop = () => clearTimeout(timer);
    for (const name of ["pointerenter", "focusin"]) box.addEventListener(name, stop);
    for (const name of ["pointerleave", "focusout"]) box.addEventListener(name, () => { stop(); start(); });
    close.addEventListener("click", () => { stop(); box.remove(); });
    one("#toasts")?.append(box);
    start();
  };
  on("portal:toast", event => toast(event.detail.text ?? event.detail.value, event.detail.tone));

  // ---------- small controls ----------

  const copyText = async text => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = make("textarea", {class: "visually-hidden"}, text); // plain http on another host has no clipboard API
    doc.body.append(area);
    area.select();
    doc.execCommand("copy");
    area.remove();
  };

  on("click", async event => {
    const button = event.target.closest("button");
    if (!button) return;
    const {copy, reveal, print, open} = button.dataset;
    if (copy !== undefined) {
      await copyText(copy);
      button.focus();
      button.dataset.done = "";
      setTimeout(() => delete button.dataset.done, 2000);
      announce(word("copied"));
    } else if (reveal) {
      const input = doc.getElementById(reveal);
      const shown = input.type === "password";
      input.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", shown);
      one("[data-i]", button).dataset.i = shown ? "eye-off" : "eye";
    } else if (print !== undefined) {
      window.print();
    } else if (open === "palette") {
      openPalette();
    } else if (open === "help") {
      openHelp();
    }
  });

  // ---------- dialogs ----------

  // sheet makes a modal dialog that removes itself when it is closed. The browser gives the focus back.
  const sheet = (attributes, ...children) => {
    one("#user-menu:popover-open")?.hidePopover();
    const dialog = make("dialog", {class: "sheet", ...attributes}, ...children);
    dialog.addEventListener("close", () => dialog.remove());
    if (attributes.role !== "alertdialog") dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });
    doc.body.append(dialog);
    dialog.showModal();
    return dialog;
  };
  const sheetHead = (id, text) => {
    const close = make("button", {type: "button", class: "btn-close", "aria-label": word("close")});
    close.addEventListener("click", () => close.closest("dialog").close());
    return make("header", {}, make("h2", {id}, text), close);
  };

  const openHelp = () => {
    const keys = make("dl", {class: "keys"});
    const row = (text, ...names) => {
      const term = make("dt", {dir: "ltr"});
      names.forEach((name, i) => term.append(...(i ? [" "] : []), make("kbd", {}, name)));
      keys.append(term, make("dd", {}, text));
    };
    if (doc.body.dataset.palette) row(word("help_palette"), /Mac/.test(navigator.platform) ? "⌘" : "Ctrl", "K");
    if (singleKeys()) {
      if (one("[data-search]")) row(word("help_search"), "/");
      if (one("[data-rows]")) {
        row(word("help_rows"), "j", "k");
        row(word("help_open"), "Enter");
      }
      row(word("help_help"), "?");
      if (againButton()) row(againButton().dataset.again, "r");
      for (const link of all("#side [data-key]")) row(`${word("help_go")} ${label(link)}`, "g", link.dataset.key);
    }
    if (againButton()) row(againButton().dataset.again, /Mac/.test(navigator.platform) ? "⌥" : "Alt", "R");
    sheet({"aria-labelledby": "help-title"}, sheetHead("help-title", word("help_title")), make("div", {}, keys));
  };
  // label is a navigation link's text without its count.
  const label = link => [...link.childNodes].filter(n => n.nodeType === Node.TEXT_NODE).map(n => n.textContent).join("").trim();

  // ---------- command palette ----------

  const RECENT = "recent";
  const recent = () => JSON.parse(sessionStorage.getItem(RECENT) ?? "[]");
  // Paths alone are remembered, without their queries, and none of one's own account.
  const remember = () => {
    const path = location.pathname;
    if (!doc.body.dataset.palette || path.startsWith("/account")) return;
    sessionStorage.setItem(RECENT, JSON.stringify([path, ...recent().filter(p => p !== path)].slice(0, 8)));
  };

  let entries; // the answer of the palette's address, fetched when it is first opened
  const loadEntries = async () => {
    if (entries) return entries;
    const response = await fetch(doc.body.dataset.palette, {headers: {Accept: "application/json"}});
    if (!response.ok) throw new Error(`palette: ${response.status}`);
    return entries = await response.json();
  };

  const openPalette = async () => {
    if (!doc.body.dataset.palette || one("dialog[open]")) return;
    const input = make("input", {type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list",
      "aria-label": word("palette_title"), placeholder: word("palette_hint"), autocomplete: "off", spellcheck: "false"});
    const list = make("ul", {id: "palette-list", role: "listbox", "aria-label": word("palette_title")});
    const none = make("p", {hidden: true}, word("palette_none"));
    const dialog = sheet({class: "sheet palette", "aria-label": word("palette_title")}, input, list, none);
    let chosen = 0;

    const choose = index => {
      const items = list.children;
      if (!items.length) return input.removeAttribute("aria-activedescendant");
      chosen = (index + items.length) % items.length;
      [...items].forEach((item, i) => item.setAttribute("aria-selected", i === chosen));
      input.setAttribute("aria-activedescendant", items[chosen].id);
      items[chosen].scrollIntoView({block: "nearest"});
    };
    const show = found => {
      list.replaceChildren(...found.slice(0, 40).map((entry, i) => {
        const item = make("li", {role: "option", id: `palette-${i}`, "data-href": entry.href}, entry.label, make("small", {}, entry.note ?? ""));
        item.addEventListener("click", () => location.assign(entry.href));
        item.addEventListener("pointermove", () => { if (chosen !== i) choose(i); });
        return item;
      }));
      none.hidden = found.length > 0;
      choose(0);
    };
    const search = ({entries: known = [], jump = []}) => {
      const query = latin(input.value.trim()).toLowerCase();
      const jumps = query ? jump.filter(j => new RegExp(j.pattern, "i").test(query)).map(j => ({
        label: j.label.replace("%s", () => query), href: j.href.replace("%s", () => encodeURIComponent(query)), note: word("palette_open")})) : [];
      const names = new Map(known.map(e => [e.href, e.label]));
      const past = query ? [] : recent().filter(p => p !== location.pathname)
        .map(p => ({label: names.get(p) ?? p, href: p, note: word("palette_recent")}));
      const matching = known.filter(e => latin(e.label).toLowerCase().includes(query)).map(e => ({...e, note: e.kind === "page" ? word("palette_page") : ""}));
      show([...jumps, ...past, ...matching]);
    };

    input.addEventListener("keydown", event => {
      if (event.key === "ArrowDown") choose(chosen + 1);
      else if (event.key === "ArrowUp") choose(chosen - 1);
      else if (event.key === "Enter") list.children[chosen]?.click();
      else return;
      event.preventDefault();
    });
    input.focus();
    try {
      const found = await loadEntries();
      input.addEventListener("input", () => search(found));
      search(found);
    } catch {
      dialog.append(make("p", {role: "alert"}, word("offline")));
    }
  };

  // ---------- keyboard ----------

  // againButton asks for something once more: by the key r, and from within a field, where letters are text, by Alt and r.
  const againButton = () => one("[data-again]");
  const singleKeys = () => !("shortcutsOff" in doc.body.dataset);
  let afterG = 0; // when "g" was pressed last

  // Keys are read by their place (event.code), so that they work with a Persian keyboard layout too.
  on("keydown", event => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.code === "KeyK" && doc.body.dataset.palette) {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.altKey && !event.ctrlKey && !event.metaKey && event.code === "KeyR" && againButton() && !one("dialog[open]")) {
      event.preventDefault();
      againButton().click();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !singleKeys()) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable], dialog") || one("dialog[open]")) return;
    if (shortcut(event)) event.preventDefault();
  });

  // shortcut acts on a single key and tells whether it did.
  const shortcut = event => {
    const pending = Date.now() - afterG < 1500;
    afterG = 0;
    if (pending && event.code.startsWith("Key")) {
      const link = one(`#side [data-key="${event.code.slice(3).toLowerCase()}"]`);
      if (link) link.click();
      return !!link;
    }
    if (event.key === "?" || event.key === "؟") return openHelp(), true;
    if (event.key === "/" || (event.code === "Slash" && !event.shiftKey)) {
      const search = one("[data-search]");
      search?.focus();
      search?.select();
      return !!search;
    }
    if (event.shiftKey) return false;
    if (event.code === "KeyG") return afterG = Date.now(), true;
    if (event.code === "KeyJ") return moveRow(1);
    if (event.code === "KeyK") return moveRow(-1);
    if (event.code === "KeyR" && againButton()) return againButton().click(), true;
    return false;
  };

  const ROW_LINK = "[data-rows] > tbody > tr > th a";
  const moveRow = step => {
    const links = all(ROW_LINK);
    if (!links.length) return false;
    const row = doc.activeElement?.closest?.("[data-rows] tbody tr");
    const at = row ? links.findIndex(link => row.contains(link)) : (step > 0 ? -1 : links.length);
    links[Math.min(Math.max(at + step, 0), links.length - 1)].focus();
    return true;
  };

  // ---------- the way back to a row ----------

  // What is remembered lives in the history entry of the list, together with what htmx keeps there.
  on("click", event => {
    const link = event.target.closest(ROW_LINK);
    if (!link) return;
    const region = link.closest(".table-region");
    history.replaceState({...history.state, row: link.getAttribute("href"), top: region?.scrollTop ?? 0, start: region?.scrollLeft ?? 0}, "");
  });
  const returnToRow = () => {
    const {row, top, start} = history.state ?? {};
    const link = row && all(ROW_LINK).find(a => a.getAttribute("href") === row);
    if (!link) return false;
    link.closest("tr").setAttribute("aria-current", "true");
    link.closest(".table-region")?.scrollTo(start, top);
    link.focus({preventScroll: true});
    return true;
  };

  // ---------- requests: progress, cancel, errors ----------

  const SHOW_MS = 300, SLOW_MS = 10000;
  const running = new Map();

  // begin shows a bar when something lasts, and offers to cancel it when it lasts long. end takes both away.
  const begin = (key, target, cancel) => {
    const job = {target};
    job.show = setTimeout(() => {
      if (!one(".bar-top")) doc.body.append(make("div", {class: "bar-top", role: "progressbar", "aria-label": word("loading")}));
      target?.setAttribute("aria-busy", "true");
    }, SHOW_MS);
    job.slow = setTimeout(() => {
      const stop = make("button", {type: "button", class: "btn btn-sm"}, word("cancel"));
      stop.addEventListener("click", () => { cancel(); end(key); });
      job.note = make("div", {class: "note slow", role: "status"}, make("span", {}, word("slow")), stop);
      doc.body.append(job.note);
    }, SLOW_MS);
    running.set(key, job);
  };
  const end = key => {
    const job = running.get(key);
    if (!job) return;
    running.delete(key);
    clearTimeout(job.show);
    clearTimeout(job.slow);
    job.note?.remove();
    job.target?.removeAttribute("aria-busy");
    if (!running.size) one(".bar-top")?.remove();
  };

  // automatic tells a request that no person asked for: a late part, or a look at a job's progress.
  const automatic = ctx => ["load", "every"].includes(ctx.sourceEvent?.type);
  const targetOf = ctx => typeof ctx.target === "string" ? one(ctx.target) : ctx.target;

  // The server does not prolong the session for those.
  on("htmx:config:request", ({detail: {ctx}}) => { if (automatic(ctx)) ctx.request.headers["X-Automatic"] = "true"; });
  on("htmx:before:request", ({detail: {ctx}}) => begin(ctx, targetOf(ctx), () => ctx.request.abort()));
  on("htmx:finally:request", ({detail: {ctx}}) => {
    end(ctx);
    rest(ctx.sourceElement);
    if (ctx.response?.status < 400 && !automatic(ctx)) active();
  });

  // A page that is left by a link or a form counts as a request too. A download never leaves it: it says so.
  const leaving = element => {
    if (dirty() || element.matches("[download], [target], [data-download], [hx-get], [hx-post]")) return;
    begin("page", null, () => window.stop());
  };
  on("submit", event => { if (!event.defaultPrevented) leaving(event.target); });
  on("click", event => {
    const link = event.target.closest("a[href]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link.origin === location.origin && !link.getAttribute("href").startsWith("#")) leaving(link);
  });
  window.addEventListener("pageshow", () => {
    end("page");
    rest(doc);
  });
  const rest = root => { for (const button of all("[data-busy]", root)) delete button.dataset.busy; };

  // place is where a message about target goes: in front of it, but not inside a table.
  const place = target => target.closest("table")?.closest(".table-region") ?? target;
  const clearFailure = target => {
    const before = target && place(target).previousElementSibling;
    if (before?.matches("[data-failure]")) before.remove();
  };

  // fail says in place that a part could not be had, and leaves the rest of the page alone. Only reads are offered again:
  // a write may have happened.
  const fail = (ctx, text, requestID) => {
    const target = targetOf(ctx) ?? one("#main");
    const read = ctx.request.method === "GET";
    const body = make("div", {}, make("p", {}, text));
    if (requestID) {
      const copy = make("button", {type: "button", class: "copy", "data-copy": requestID, "aria-label": word("request_id")});
      body.append(make("p", {class: "muted"}, `${word("request_id")} `, make("bdi", {dir: "ltr"}, requestID), copy));
    }
    if (read) {
      const again = make("button", {type: "button", class: "btn btn-sm"}, drawIcon("refresh"), word("retry"));
      const {sourceElement, swap, select, push, replace} = ctx;
      again.addEventListener("click", () => htmx.ajax("GET", ctx.request.action,
        {source: sourceElement?.isConnected ? sourceElement : target, target, swap, select, push, replace}));
      body.append(make("div", {class: "actions"}, again));
    }
    clearFailure(target);
    place(target).before(make("div", {class: "alert", role: "alert", "data-tone": "danger", "data-failure": true}, drawIcon("alert-circle"), body));
  };

  on("htmx:response:error", ({detail: {ctx}}) => {
    const {status, headers} = ctx.response;
    if (ctx.sourceElement.hasAttribute(`hx-status:${status}`)) return; // the form takes this answer's content
    if (status === 401 || status === 409 || status === 422 || headers.has("HX-Redirect") || headers.has("HX-Refresh")) return;
    const problem = new DOMParser().parseFromString(ctx.text, "text/html").querySelector("[data-problem]");
    const text = problem?.textContent ?? word(ctx.request.method === "GET" ? "failed" : "failed_write");
    fail({...ctx}, text, headers.get("X-Request-Id"));
  });
  on("htmx:error", ({detail: {ctx}}) => {
    if (ctx && !ctx.response) fail(ctx, word(ctx.request.method === "GET" ? "offline" : "failed_write"));
  });

  // ---------- swaps ----------

  // Swapped content brings no scripts and no handlers of its own.
  on("htmx:before:on:init", event => event.preventDefault());
  on("htmx:before:swap", ({detail: {tasks}}) => {
    for (const task of tasks) all("script", task.fragment).forEach(script => script.remove());
  });

  on("htmx:after:swap", ({detail: {ctx}}) => {
    const old = targetOf(ctx);
    const target = (old?.id && doc.getElementById(old.id)) || old;
    if (ctx.swap === "none" || !target?.isConnected) return;
    clearFailure(target);
    prepare(target);
    syncFilters(target);
    if (target === doc.body) remember();
    if (target === doc.body && returnToRow()) return;
    announce((target.matches("[data-announce]") ? target : one("[data-announce]", target))?.dataset.announce);
    if (!automatic(ctx)) keepFocus(target);
  });

  // keepFocus gives the focus a sensible place when the element that had it is gone.
  const keepFocus = target => {
    const wanted = one("#form-errors", target) ?? one("[autofocus]", target);
    if (target.matches("[aria-live]") || (!wanted && doc.activeElement && doc.activeElement !== doc.body)) return;
    const place = wanted ?? (target === doc.body ? one("#main") : one(".table-region", target) ?? target);
    if (place.tabIndex < 0) place.tabIndex = -1;
    place.focus({preventScroll: true});
    if (place.getBoundingClientRect().top < 0) place.scrollIntoView();
    showResult(one("[data-result]", target));
  };

  // showResult scrolls to a result that would not be seen: on a phone, below its form.
  const showResult = result => {
    if (result && result.getBoundingClientRect().top > innerHeight * .7) result.scrollIntoView();
  };

  // ---------- forms ----------

  const waiting = new WeakMap(); // search inputs to their timers
  const submitFilter = form => form.requestSubmit();
  on("change", event => {
    const form = event.target.closest("form[data-filter]:not([data-apply])");
    if (form && !event.target.matches("[data-search]")) submitFilter(form);
  });
  on("input", event => {
    const form = event.target.closest("form[data-filter]:not([data-apply])");
    if (!form || !event.target.matches("[data-search]") || event.isComposing) return;
    clearTimeout(waiting.get(event.target));
    waiting.set(event.target, setTimeout(() => submitFilter(form), 350));
  });
  on("submit", event => { for (const input of all("[data-search]", event.target)) clearTimeout(waiting.get(input)); });

  // Empty filters do not reach the address; grouped amounts, Persian digits in numbers and in searches reach the server as
  // plain Latin digits; a form that leads back here knows the address that swaps have led to.
  on("formdata", ({target: form, formData}) => {
    for (const input of all("[data-here][name]", form)) formData.set(input.name, location.pathname + location.search);
    for (const input of all("[inputmode=numeric][name], [data-search][name]", form)) {
      if (formData.has(input.name)) formData.set(input.name, latin(input.value));
    }
    if (form.matches("[data-filter]")) {
      for (const [name, value] of [...formData]) if (value === "" && formData.getAll(name).every(v => v === "")) formData.delete(name);
    }
    for (const input of all("[data-money][name]", form)) {
      if (formData.has(input.name)) formData.set(input.name, input.value.replaceAll(",", ""));
    }
  });

  // markWrong says at the fields of a filter form what the list beside it refuses, and takes it away once it does not.
  const markWrong = (form, target) => {
    const wrong = new Map(all("#form-errors a[href]", target).map(a => [a.hash.slice(1), a.textContent]));
    for (const control of form.elements) {
      if (!control.id) continue;
      const text = wrong.get(control.id), err = `${control.id}-err`, hint = `${control.id}-hint`;
      doc.getElementById(err)?.remove();
      if (text) control.closest(".field").append(make("div", {class: "err", id: err}, drawIcon("alert-circle"), make("span", {}, text)));
      control.classList.toggle("is-invalid", !!text);
      for (const [name, value] of [["aria-invalid", text && "true"], ["aria-describedby", [err, hint].filter(id => doc.getElementById(id)).join(" ")]]) {
        if (value) control.setAttribute(name, value);
        else control.removeAttribute(name);
      }
    }
  };

  // syncFilters makes the filter form say what the address says, after a chip or Back changed it.
  const syncFilters = target => {
    const parameters = new URLSearchParams(location.search);
    for (const form of all("form[data-filter]")) {
      if (form.getAttribute("hx-target") !== `#${target.id}`) continue;
      markWrong(form, target);
      for (const control of form.elements) {
        if (!control.name || control === doc.activeElement) continue;
        const values = parameters.getAll(control.name);
        if (control.type === "checkbox" || control.type === "radio") control.checked = values.includes(control.value);
        else if (control.tagName === "SELECT" && !values.length) control.selectedIndex = 0;
        else if (control.dataset.money) control.value = group(values[0] ?? "", Number(control.dataset.money));
        else control.value = values[0] ?? "";
      }
    }
  };

  on("submit", event => {
    const form = event.target;
    delete form.dataset.dirty;
    const button = event.submitter ?? one("button:not([type=button])", form);
    if (form.matches("[data-once]") && button) setTimeout(() => { button.dataset.busy = ""; });
  });
  on("input", event => {
    const form = event.target.closest("form[data-warn-unsaved]");
    if (form) form.dataset.dirty = "";
  });
  const dirty = () => one("form[data-dirty]");
  window.addEventListener("beforeunload", event => { if (dirty()) event.preventDefault(); });

  // group writes digits in threes, with at most so many decimals. Several points can only be groups.
  const group = (text, decimals) => {
    let plain = latin(text).replace(/[٫]/g, ".").replace(/[^\d.]/g, "");
    if (plain.split(".").length > 2) plain = plain.replaceAll(".", "");
    const [whole, fraction] = plain.split(".");
    const grouped = whole.replace(/^0+(?=\d)/, "").replace(/\B(?=(\d{3})+$)/g, ",");
    return fraction === undefined || decimals === 0 ? grouped : `${grouped || "0"}.${fraction.slice(0, decimals)}`;
  };
  on("input", event => {
    const input = event.target;
    if (!input.matches("[data-money]")) return;
    const digitsAfter = input.value.slice(input.selectionEnd).replace(/[^\d۰-۹٠-٩]/g, "").length;
    input.value = group(input.value, Number(input.dataset.money));
    let caret = input.value.length;
    for (let left = digitsAfter; left > 0 && caret > 0; caret--) if (/\d/.test(input.value[caret - 1])) left--;
    input.setSelectionRange(caret, caret);
    sayWords(input);
  });

  // Numbers of accounts stand in fours once they are typed, in the digits that they were typed in. Whatever else was typed stays.
  on("focusout", event => {
    const input = event.target;
    if (!input.matches("[data-fours]")) return;
    const digits = input.value.replace(/[\s\u200c-]/g, "");
    if (/^(ir)?[\d۰-۹٠-٩]{16,24}$/i.test(digits)) input.value = digits.replace(/.{4}(?=.)/g, "$& ");
  });

  // sayWords asks the server for the amount in words and in the other unit.
  const sayWords = input => {
    if (!input.dataset.words) return;
    clearTimeout(waiting.get(input));
    waiting.set(input, setTimeout(async () => {
      const amount = input.value.replaceAll(",", "");
      const address = new URL(input.dataset.words, location.href);
      address.searchParams.set("amount", amount);
      const response = amount ? await fetch(address, {headers: {Accept: "text/plain"}}) : null;
      const text = response?.ok ? await response.text() : "";
      if (amount === input.value.replaceAll(",", "")) doc.getElementById(`${input.id}-words`).textContent = text;
    }, 300));
  };

  // What must be typed before an act: the same text, whatever the digits and the separators.
  const bare = text => latin(text).replace(/[\s,٬‌-]/g, "").toLowerCase();
  const checkTyped = form => {
    const typed = one("input:not([type=hidden])", form);
    const button = one("button:not([type=button])", form);
    if (typed && button) button.disabled = bare(typed.value) !== bare(form.dataset.typeToConfirm);
  };
  on("input", event => {
    const form = event.target.closest("form[data-type-to-confirm]");
    if (form) checkTyped(form);
  });

  // prepare does what content needs when it arrives.
  const prepare = root => {
    all("form[data-type-to-confirm]", root).forEach(checkTyped);
    all("[data-words]", root).forEach(sayWords);
    for (const alert of all(".alert[data-toast]", root)) {
      alert.removeAttribute("data-toast");
      toast(one("strong, p", alert)?.textContent ?? alert.textContent, alert.dataset.tone || "info");
    }
  };

  // ---------- session ----------

  const channel = new BroadcastChannel("session");
  let lastActive = Date.now();
  const session = () => ({idle: Number(doc.body.dataset.idle ?? 0) * 1000, warn: Number(doc.body.dataset.warn ?? 0) * 1000});

  // active notes a request of this tab; the others hear of it.
  const active = () => {
    lastActive = Date.now();
    one("#session")?.close();
    channel.postMessage("active");
  };
  const leave = reason => {
    const {signIn} = doc.body.dataset;
    if (!session().idle || !signIn) return;
    const address = new URL(signIn, location.href);
    address.searchParams.set("reason", reason);
    if (reason === "expired") address.searchParams.set("return", location.pathname + location.search);
    if (dirty()) return sessionEnded(address);
    location.assign(address);
  };
  channel.addEventListener("message", ({data}) => {
    if (data === "active") {
      lastActive = Date.now();
      one("#session")?.close();
    } else if (data === "out") {
      leave("signed_out");
    }
  });

  // The tab that signs out tells the others when the answer has come: then the session is gone for certain.
  on("submit", event => {
    if (!event.target.matches("[data-sign-out]")) return;
    window.addEventListener("pagehide", () => {
      sessionStorage.clear();
      channel.postMessage("out");
    }, {once: true});
  });

  // A half-filled form is not thrown away: signing in happens in another tab.
  const sessionEnded = address => {
    one("#session")?.close();
    if (one("#session-ended")) return;
    sheet({id: "session-ended", "aria-labelledby": "session-ended-title"}, sheetHead("session-ended-title", word("session_ended")),
      make("div", {}, make("p", {}, word("unsaved"))),
      make("footer", {}, make("a", {class: "btn btn-primary", href: address.href, target: "_blank", rel: "noopener"}, word("session_in"))));
  };

  const warnOfEnd = () => {
    const clock = make("strong", {class: "session-clock"});
    const stay = make("button", {type: "button", class: "btn btn-primary"}, word("session_stay"));
    const out = make("button", {type: "button", class: "btn"}, word("session_out"));
    stay.addEventListener("click", async () => {
      try {
        const response = await fetch(doc.body.dataset.touch, {method: "POST"});
        response.ok ? active() : leave("expired");
      } catch {
        clock.textContent = word("offline");
      }
    });
    out.addEventListener("click", () => one("form[data-sign-out]").requestSubmit());
    const dialog = sheet({id: "session", role: "alertdialog", "aria-labelledby": "session-title", "aria-describedby": "session-text"},
      make("header", {}, make("h2", {id: "session-title"}, word("session_title"))),
      make("div", {}, make("p", {id: "session-text"}, word("session_text"), " ", clock)), make("footer", {}, out, stay));
    dialog.addEventListener("cancel", event => { event.preventDefault(); stay.click(); });
    stay.focus();
    return dialog;
  };
  const clockText = ms => {
    const seconds = Math.max(0, Math.ceil(ms / 1000));
    const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    return doc.documentElement.lang === "fa" ? text.replace(/\d/g, d => String.fromCharCode(0x6f0 + Number(d))) : text;
  };
  setInterval(() => {
    const {idle, warn} = session();
    if (!idle || one("#session-ended")) return;
    const left = lastActive + idle - Date.now();
    if (left <= 0) return leave("expired");
    if (left > warn) return;
    const dialog = one("#session") ?? warnOfEnd();
    one(".session-clock", dialog).textContent = clockText(left);
  }, 1000);

  // ---------- start ----------

  prepare(doc);
  remember();
  returnToRow();
  if (session().idle) channel.postMessage("active");
})();
