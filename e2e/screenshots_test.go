package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// screenshotsFolder is where make screenshots wants the pictures.
const screenshotsFolder = "PORTAL_SCREENSHOTS"

// TestScreenshots takes pictures of every page in English and Persian, light and dark, at 1440 and 360 pixels, into the
// folder that PORTAL_SCREENSHOTS names. Without it, it takes those of a few pages and throws them away: the way to make
// them stays known to work.
func TestScreenshots(t *testing.T) {
	folder := os.Getenv(screenshotsFolder)
	portal := furnishedDemo(t)
	all := pages(t, portal)
	if folder == "" {
		folder = t.TempDir()
		all = []somePage{all[0], {name: "sign-in", path: "/sign-in"}}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	taken := 0
	for _, lang := range []string{"en", "fa"} {
		visitors := map[string]*visitor{}
		for _, page := range all {
			v := visitors[page.user]
			if v == nil {
				v = visit(t, portal, playwright.BrowserNewContextOptions{
					Locale: playwright.String(lang), ReducedMotion: playwright.ReducedMotionReduce, DeviceScaleFactor: playwright.Float(1),
				})
				if page.user != "" {
					v.signInAs(page.user, demoPassword)
				}
				visitors[page.user] = v
			}
			if page.user != "" {
				v.prefer(map[string]map[string]string{"en": nil, "fa": persian}[lang])
			}
			v.show(page)
			taken += v.pictures(filepath.Join(folder, page.name+"-"+lang))
		}
	}
	if want := len(all) * 2 * 4; taken != want {
		t.Errorf("%d pictures were taken, want %d", taken, want)
	}
}

// pictures takes the page that is open in both themes and widths, and gives how many pictures that made.
func (v *visitor) pictures(name string) int {
	v.t.Helper()
	taken := 0
	for _, width := range []int{1440, 360} {
		// A window as high as the page, so that what sticks to its edges stands where it belongs.
		v.ok(v.SetViewportSize(width, 900))
		height := v.eval(`() => Math.min(document.documentElement.scrollHeight, 6000)`)
		v.ok(v.SetViewportSize(width, int(number(height))))
		for theme, scheme := range map[string]*playwright.ColorScheme{"light": playwright.ColorSchemeLight, "dark": playwright.ColorSchemeDark} {
			v.ok(v.EmulateMedia(playwright.PageEmulateMediaOptions{ColorScheme: scheme}))
			picture, err := v.Screenshot(playwright.PageScreenshotOptions{
				Path: playwright.String(fmt.Sprintf("%s-%s-%d.png", name, theme, width)), FullPage: playwright.Bool(true),
			})
			v.ok(err)
			if len(picture) > 0 {
				taken++
			}
		}
	}
	return taken
}
