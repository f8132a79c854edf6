package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// rules runs axe with the rules that a level of it is about, and gives what is violated, a line each.
const rules = `async only => {
  const options = {resultTypes: ["violations"], runOnly: only.length ? {type: "rule", values: only} :
    {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}};
  const {violations} = await axe.run(document, options);
  return violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.target.join(" ") + ": " + n.html.slice(0, 160))).join("\n");
}`

// contrast computes the contrast of every text against what is painted behind it: axe leaves out short Persian words.
const contrast = `() => {
  const context = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const known = new Map();
  const rgba = color => {
    if (!known.has(color)) {
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = color;
      context.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
      known.set(color, [r, g, b, a / 255]);
    }
    return known.get(color);
  };
  const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] + below[i] * (1 - top[3])).concat(1);
  const behind = element => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      const color = rgba(getComputedStyle(e).backgroundColor);
      if (color[3] > 0) layers.push(color);
      if (color[3] === 1) break;
    }
    return layers.reduceRight((below, top) => over(top, below), rgba("canvas"));
  };
  const light = color => {
    const [r, g, b] = color.map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const wrong = new Set();
  const check = (element, color, text) => {
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    const back = behind(element), front = over(rgba(color), back);
    const [x, y] = [light(front), light(back)].sort((a, b) => b - a);
    const ratio = (x + 0.05) / (y + 0.05), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) wrong.add(ratio.toFixed(2) + " " + element.tagName + "." + element.className + " " + text.trim().slice(0, 40));
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement, text = texts.currentNode.data;
    if (!text.trim() || !element.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
    if (element.closest(":disabled, [aria-disabled=true], .visually-hidden, option, svg, .skip")) continue;
    check(element, getComputedStyle(element).color, text);
  }
  for (const field of document.querySelectorAll("input[placeholder], textarea[placeholder]")) {
    if (field.checkVisibility()) check(field, getComputedStyle(field, "::placeholder").color, field.placeholder);
  }
  return [...wrong].join("\n");
}`

// small finds controls that are smaller than 24 by 24 pixels and are no links inside of a text. The label of a check box is
// part of what a finger hits.
const small = `() => [...document.querySelectorAll("button, select, input:not([type=hidden]), textarea, summary, a.btn, nav a, th a, .chips a, .pager a")].map(e => {
  if (!e.checkVisibility() || e.closest(".visually-hidden, .skip")) return "";
  const boxes = [e, ...(e.matches(".tick") ? e.labels : [])].map(one => one.getBoundingClientRect());
  const width = Math.max(...boxes.map(b => b.right)) - Math.min(...boxes.map(b => b.left));
  const height = Math.max(...boxes.map(b => b.bottom)) - Math.min(...boxes.map(b => b.top));
  return width > 0 && (width < 23.9 || height < 23.9) ? width.toFixed() + "x" + height.toFixed() + " " + e.outerHTML.slice(0, 120) : "";
}).filter(text => text).join("\n")`

// wide finds what makes the page wider than the window.
const wide = `() => {
  const root = document.documentElement, width = root.clientWidth;
  if (root.scrollWidth <= width) return "";
  return root.scrollWidth + " in " + width + ": " + [...document.querySelectorAll("body *")].filter(e => {
    const b = e.getBoundingClientRect();
    return b.width && (b.right > width + 1 || b.left < -1) && !e.closest(".table-region, pre, .visually-hidden, .skip");
  }).slice(0, 6).map(e => e.outerHTML.slice(0, 120)).join("\n");
}`

// spilt finds texts that are wider than the box that they stand in, and so lie over their neighbours.
const spilt = `() => [...document.querySelectorAll(".top *, main *")].filter(e => {
  if (!e.checkVisibility() || e.closest(".visually-hidden, select, .chart-box, .table-region table") || !e.textContent.trim()) return false;
  return e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 2 && getComputedStyle(e).overflowX === "visible";
}).map(e => e.scrollWidth + " in " + e.clientWidth + ": " + e.outerHTML.slice(0, 160)).join("\n")`

// TestAccessibility looks at every page in English and Persian, light and dark: the rules of WCAG 2.2 AA by axe, the
// contrast of every text, targets that a finger hits, and no sideways scrolling on a phone or with text of double size.
func TestAccessibility(t *testing.T) {
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	portal := furnishedDemo(t)
	all := pages(t, portal)
	for _, lang := range []string{"en", "fa"} {
		visitors := map[string]*visitor{}
		for _, page := range all {
			v := visitors[page.user]
			if v == nil {
				v = visit(t, portal, playwright.BrowserNewContextOptions{
					Locale: playwright.String(lang), ReducedMotion: playwright.ReducedMotionReduce, // colours do not fade while they are measured
				})
				v.ok(v.context.AddInitScript(playwright.Script{Content: playwright.String(string(axe))}))
				if page.user != "" {
					v.signInAs(page.user, demoPassword)
				}
				visitors[page.user] = v
			}
			if page.user != "" {
				v.prefer(map[string]map[string]string{"en": nil, "fa": persian}[lang])
			}
			v.run(lang+"/"+page.name, func(*testing.T) { v.examine(page) })
		}
	}
}

// examine opens a page and reports all that is wrong with it.
func (v *visitor) examine(page somePage) {
	v.t.Helper()
	v.ok(v.SetViewportSize(1440, 900))
	v.show(page)
	report := func(what, wrong string) {
		v.t.Helper()
		if wrong != "" {
			v.t.Errorf("%s:\n%s", what, wrong)
		}
	}
	report("axe", v.eval(rules, []string{}).(string))
	report("contrast in light colours", v.eval(contrast).(string))
	report("targets", v.eval(small).(string))
	report("text of double size", v.eval(`() => {
	  document.documentElement.style.fontSize = "200%";
	  const wide = (`+wide+`)();
	  document.documentElement.style.fontSize = "";
	  return wide;
	}`).(string))
	v.ok(v.EmulateMedia(playwright.PageEmulateMediaOptions{ColorScheme: playwright.ColorSchemeDark}))
	report("axe in dark colours", v.eval(rules, []string{"color-contrast"}).(string))
	report("contrast in dark colours", v.eval(contrast).(string))
	v.ok(v.EmulateMedia(playwright.PageEmulateMediaOptions{ColorScheme: playwright.ColorSchemeLight}))
	for _, width := range []int{360, 320} {
		v.ok(v.SetViewportSize(width, 740))
		report(fmt.Sprintf("%d pixels", width), v.eval(wide).(string))
		report(fmt.Sprintf("texts at %d pixels", width), v.eval(spilt).(string))
	}
}

// arrived waits for the parts of a page that come after it.
func (v *visitor) arrived() {
	v.t.Helper()
	v.none(v.find("main [hx-trigger=load]"))
}

// TestKeyboardReachesEverything walks through a page by Tab: the skip link comes first and works, every stop is visible,
// marked and not under the head of the page, and the walk comes to an end.
func TestKeyboardReachesEverything(t *testing.T) {
	v := visit(t, demo(t), playwright.BrowserNewContextOptions{ReducedMotion: playwright.ReducedMotionReduce}) // no gliding while it is measured
	v.signIn("finance", nil)
	for _, path := range []string{"/payments", "/terminals", "/"} {
		v.open(path)
		v.arrived()
		v.press("Tab")
		v.ok(expect.Locator(v.find("a.skip")).ToBeFocused())
		v.ok(expect.Locator(v.find("a.skip")).ToBeInViewport())
		v.press("Enter")
		if got := v.focus(); got != "main" {
			t.Errorf("%s: the skip link leads to %q", path, got)
		}
		stops := map[string]bool{}
		for range 400 {
			v.press("Tab")
			stop := v.eval(`() => {
			  const e = document.activeElement;
			  if (e === document.body) return null;
			  const s = getComputedStyle(e), b = e.getBoundingClientRect();
			  const marked = (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== "none";
			  const x = Math.min(Math.max(b.left + Math.min(b.width, innerWidth) / 2, 0), innerWidth - 1), y = Math.min(Math.max(b.top + Math.min(b.height, 40) / 2, 0), innerHeight - 1);
			  const top = document.elementFromPoint(x, y);
			  const seen = top && (e.contains(top) || top.contains(e)) && b.bottom > 0 && b.top < innerHeight;
			  return {name: e.outerHTML.slice(0, 140), marked, seen: !!seen};
			}`)
			if stop == nil {
				break
			}
			s := stop.(map[string]any)
			stops[s["name"].(string)] = true
			if s["marked"] != true {
				t.Errorf("%s: the focus cannot be seen on %s", path, s["name"])
			}
			if s["seen"] != true {
				t.Errorf("%s: the focus is hidden on %s", path, s["name"])
			}
		}
		if len(stops) < 20 || len(stops) > 390 {
			t.Errorf("%s: Tab stops %d times", path, len(stops))
		}
		for _, must := range []string{`role="region"`, "<a href="} {
			found := false
			for stop := range stops {
				found = found || strings.Contains(stop, must)
			}
			if !found {
				t.Errorf("%s: Tab never stops at %s", path, must)
			}
		}
	}
}
