package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"payportal/internal/command"
	"payportal/internal/inquiry"
	sandboxinquiry "payportal/provider/sandbox/inquiry"
	"payportal/provider/sandbox/toman"
	"payportal/store"
	"payportal/store/storetest"
)

// inquiries are the figures of questions: the dry run of a large file, the work on one, and what the portal adds to a single
// question.
func (f *figures) inquiries(b *testing.B) {
	f.dryRun(b)
	f.bulk(b)
	f.single(b)
}

// dryRun is the time from the first byte of a workbook's upload to the last of the page that shows what can be sent.
func (f *figures) dryRun(b *testing.B) {
	const lines = 50_000
	workbook := payroll(b, lines)
	d := f.serve(b, f.db)
	defer d.stop(b)
	v := d.visit(f.jar)
	var took []float64
	for range b.N {
		began := time.Now()
		page := v.upload(b, "/inquiries/bulk", http.StatusSeeOther, url.Values{}, "payroll.xlsx", bytes.NewReader(workbook)).header.Get("Location")
		if body := v.get(b, page, http.StatusOK).body; !strings.Contains(body, "50,000") {
			b.Fatalf("the dry run does not tell of its lines\n%s", excerpt(body))
		}
		took = append(took, time.Since(began).Seconds())
	}
	f.report(b, figure{name: fmt.Sprintf("dry run of %d lines of XLSX", lines), unit: "s", value: median(took), limit: 2})
}

// payroll is a workbook as an office makes it: number, name, IBAN, amount, department, note.
func payroll(b *testing.B, lines int) []byte {
	b.Helper()
	book := excelize.NewFile()
	defer book.Close()
	rows, err := book.NewStreamWriter("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	for n := range lines + 1 {
		row := []any{"ردیف", "نام و نام خانوادگی", "شماره شبا", "مبلغ", "واحد", "شرح"}
		if n > 0 {
			row = []any{n, "کارمند شماره " + fmt.Sprint(n), sandboxinquiry.IBAN(2, sandboxinquiry.Person, n), 120_000_000 + n, "مالی", "حقوق آذر"}
		}
		if err := rows.SetRow(fmt.Sprintf("A%d", n+1), row); err != nil {
			b.Fatal(err)
		}
	}
	var file bytes.Buffer
	if err := rows.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := book.Write(&file); err != nil {
		b.Fatal(err)
	}
	return file.Bytes()
}

// bulk is the work on a file of 10,000 lines by a provider that takes 50 ms for each, 32 at once: 640 a second is the most that
// is possible.
func (f *figures) bulk(b *testing.B) {
	const lines, latency, ideal = 10_000, 50 * time.Millisecond, 640
	f.setLatency(b, latency)
	defer f.setLatency(b, 0)
	var rates, peaks, costs []float64
	for range min(b.N, 2) { // within the day's allowance of a person
		f.files++
		d := f.serve(b, f.db)
		v := d.visit(f.jar)
		v.get(b, "/payments", http.StatusOK)
		var file strings.Builder
		for n := range lines {
			fmt.Fprintln(&file, sandboxinquiry.IBAN(7, sandboxinquiry.Person, f.files*1_000_000+n))
		}
		page := v.upload(b, "/inquiries/bulk", http.StatusSeeOther, url.Values{}, "payroll.csv", strings.NewReader(file.String())).header.Get("Location")
		forms := formsOf(v.get(b, page, http.StatusOK).body, page)
		idle, cpu, began := d.idleMemory(b), d.cpu(b), time.Now()
		for _, form := range forms {
			if form.action == page+"/start" {
				v.post(b, form.action, http.StatusSeeOther, merged(form.fields, url.Values{"reuse": {"0"}}))
			}
		}
		done, peak := f.awaitBulk(b, d, page)
		rates = append(rates, lines/done.EndedAt.Sub(done.StartedAt).Seconds())
		peaks = append(peaks, megabytes(peak-idle))
		costs = append(costs, float64((d.cpu(b)-cpu).Microseconds())/lines)
		if done.Counts[inquiry.LineAnswered] != lines || time.Since(began) > time.Minute {
			b.Fatalf("%v after %s", done.Counts, time.Since(began))
		}
		d.stop(b)
	}
	f.report(b, figure{name: fmt.Sprintf("bulk of %d lines", lines), unit: "lines/s", value: median(rates), limit: ideal * 0.95, atLeast: true})
	f.report(b, figure{name: "bulk", unit: "µs CPU a line", value: median(costs)})
	f.report(b, figure{name: "bulk, memory above idle", unit: "MB", value: median(peaks), limit: 40})
}

// setLatency makes the provider take that long for each question.
func (f *figures) setLatency(b *testing.B, latency time.Duration) {
	b.Helper()
	order := strings.NewReader(fmt.Sprintf(`{"latency_ms":%d}`, latency.Milliseconds()))
	control := strings.TrimSuffix(f.addresses.InquiryURL, sandboxinquiry.BasePath) + "/_control/inquiry/settings"
	resp, err := http.Post(control, "application/json", order) //nolint:gosec // a provider of the benchmark's own
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= http.StatusBadRequest {
		b.Fatalf("setting the latency = %s", resp.Status)
	}
}

// awaitBulk waits for the end of a file, and tells the highest memory by then.
func (f *figures) awaitBulk(b *testing.B, d *daemon, page string) (done inquiry.Bulk, peak int64) {
	b.Helper()
	db, err := store.Open(b.Context(), f.db)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if err := db.UseKeys(b.Context(), storetest.Keys(b)); err != nil {
		b.Fatal(err)
	}
	var id int64
	if _, err := fmt.Sscanf(page, "/inquiries/bulk/%d", &id); err != nil {
		b.Fatal(err)
	}
	for looks := 0; done.State != inquiry.Done; looks++ {
		time.Sleep(10 * time.Millisecond)
		peak = max(peak, d.memory(b))
		if looks%20 != 0 { // a person's page asks every few seconds
			continue
		}
		if done, err = db.Bulk(b.Context(), id); err != nil {
			b.Fatal(err)
		}
	}
	return done, peak
}

// single is what the portal adds to one question: the time of the form's answer without the provider's own, which the same
// question takes when it is asked there directly.
func (f *figures) single(b *testing.B) {
	const times = 200
	d := f.serve(b, f.db)
	defer d.stop(b)
	v := d.visit(f.jar)
	token := f.token(b)
	direct := &http.Client{Transport: &http.Transport{}}
	var portal, provider []float64
	for range times * min(b.N, 3) {
		f.asked++
		number := sandboxinquiry.IBAN(9, sandboxinquiry.Person, f.asked)
		began := time.Now()
		v.post(b, "/inquiries/iban", http.StatusOK, url.Values{"key": {command.NewKey()}, "connection": {"toman"}, "number": {number}})
		portal = append(portal, milliseconds(time.Since(began)))
		began = time.Now()
		f.askDirectly(b, direct, token, number)
		provider = append(provider, milliseconds(time.Since(began)))
	}
	f.report(b, figure{name: "single inquiry at the provider", unit: "ms", value: median(provider)})
	f.report(b, figure{name: "single inquiry, the portal's own", unit: "ms", value: median(portal) - median(provider), limit: 2})
}

// token asks the provider for an access token.
func (f *figures) token(b *testing.B) string {
	b.Helper()
	resp, err := http.PostForm(f.addresses.AuthURL+"/oauth2/token/", url.Values{ //nolint:gosec // a provider of the benchmark's own
		"grant_type": {"password"}, "username": {toman.Username}, "password": {toman.Password},
		"client_id": {toman.ClientID}, "client_secret": {toman.ClientSecret},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.AccessToken == "" {
		b.Fatalf("no token: %s, %v", resp.Status, err)
	}
	return answer.AccessToken
}

func (f *figures) askDirectly(b *testing.B, client *http.Client, token, number string) {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, f.addresses.InquiryURL+"/iban_inquiry/", strings.NewReader(`{"iban":"`+number+`"}`))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		b.Fatalf("asking the provider = %s, %v", resp.Status, err)
	}
}
