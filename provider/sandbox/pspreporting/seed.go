package pspreporting

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"payportal/provider/sandbox"
)

// Defaults of SeedConfig.
const (
	DefaultPayments  = 22_000
	DefaultDays      = 90
	DefaultTerminals = 40
)

// SeedConfig directs the demo data; zero values take the defaults.
type SeedConfig struct {
	Clock *sandbox.Clock
	// Seed of the random numbers. The same seed gives the same rows for the same calendar day, whenever the sandbox
	// starts, so that a portal's mirror stays true over a restart.
	Seed uint64
	// Payments is the exact number of payments of both types, the newest ones up to now.
	Payments int
	// Days is about how many days they spread over.
	Days int
	// Terminals can be read by UUID; 3 more numbers appear in payments only.
	Terminals int
}

// Dataset is the data of a sandbox. It belongs to the one Server that it is given to.
type Dataset struct {
	psps      []psp
	accounts  []account
	terminals []terminal
	payments  *payments
	seed      uint64
}

// unlisted terminals appear in payments and can be read by no UUID that we know.
const unlisted = 3

// joinedWeight is the share in live traffic of a terminal that the portal creates.
const joinedWeight = 60

// tehran has had no daylight saving time since 2022.
var tehran = time.FixedZone("Asia/Tehran", 3*3600+1800)

var seedPSPs = []psp{
	{ID: 0, Name: "SEP", Enabled: true},
	{ID: 1, Name: "TOP", Enabled: true},
	{ID: 2, Name: "BEH", Enabled: true},
	{ID: 3, Name: "PEC", Enabled: true},
	{ID: 4, Name: "SAD", Enabled: true},
	{ID: 5, Name: "FAN", Enabled: false},
}

var seedAccounts = []struct {
	name    string
	psp     int
	enabled bool
}{
	{"فروشگاه اینترنتی مرکزی", 0, true},
	{"Tehran Stores POS", 0, true},
	{"درگاه پرداخت اصلی", 1, true},
	{"Online Travel", 1, true},
	{"پذیرندگان شعبهٔ تهران", 2, true},
	{"Subscriptions", 2, true},
	{"پایانه‌های فروشگاهی اصفهان", 3, true},
	{"Marketplace settlement", 3, true},
	{"شرکت خدمات پرداخت و تجارت الکترونیک آیندهٔ روشن خاورمیانه (سهامی خاص)، حساب پایانه‌های فروشگاهی و درگاه‌های اینترنتی شعبه‌های استان تهران، البرز، قم و مرکزی", 4, true},
	{"Charity donations", 4, false},
	{"حساب قدیمی فن‌آوا", 5, false},
	{"Legacy gateway", 5, true},
}

var seedDescriptions = []string{
	"", "شعبهٔ ونک", "Main checkout", "", "صندوق شمارهٔ ۲", "Mobile app", "پایانهٔ سیار پیک موتوری", "", "Call centre", "نمایشگاه کتاب",
}

// Seed makes demo data up to cfg.Clock's now: 6 PSPs (id 0 among them, one disabled), 12 accounts, terminals, payments
// with the rhythm of Tehran's days and weeks, and, once a Server opens, reports in all five states.
func Seed(cfg SeedConfig) *Dataset {
	d := &Dataset{seed: cfg.Seed, psps: slices.Clone(seedPSPs)}
	random := rand.New(rand.NewPCG(cfg.Seed, 1))
	opened := time.Date(2023, 4, 9, 6, 30, 0, 0, time.UTC)
	for i, a := range seedAccounts {
		d.accounts = append(d.accounts, account{
			UUID: seededUUID(random), Name: a.name, PSP: seedPSPs[a.psp].Name, Enabled: a.enabled,
			CreatedAt: formatTime(opened.AddDate(0, 0, 23*i).Add(time.Duration(random.Int64N(int64(8 * time.Hour))))),
		})
	}
	d.payments = &payments{clock: cfg.Clock, random: rand.New(rand.NewPCG(cfg.Seed, uint64(cfg.Clock.Now().UnixNano())))}
	d.seedTerminals(random, cmp.Or(cfg.Terminals, DefaultTerminals))
	d.payments.seed(cfg.Seed, cfg.Clock.Now(), cmp.Or(cfg.Payments, DefaultPayments), cmp.Or(cfg.Days, DefaultDays))
	return d
}

func (d *Dataset) seedTerminals(random *rand.Rand, n int) {
	created := time.Date(2024, 1, 14, 7, 0, 0, 0, time.UTC)
	for i := range n + unlisted {
		a := d.accounts[i%len(d.accounts)]
		at := created.AddDate(0, 0, 9*(i%60)).Add(time.Duration(random.Int64N(int64(9 * time.Hour))))
		t := terminal{
			UUID: seededUUID(random), TerminalType: i % 5 % 2, PSPAccountUUID: a.UUID, PSP: a.PSP,
			TerminalNumber: fmt.Sprint(10_000_000 + random.IntN(90_000_000)), AcceptorCode: 100_000 + random.Int64N(900_000),
			Enabled: i%9 != 8, CreatedAt: formatTime(at), StartFetchTime: formatTime(at.Truncate(24 * time.Hour)),
		}
		if text := seedDescriptions[i%len(seedDescriptions)]; text != "" {
			t.Description = &text
		}
		d.payments.addSource(t.TerminalType, t.TerminalNumber, t.PSP, max(1, 1200/(i+4)))
		if i < n {
			d.terminals = append(d.terminals, t)
		}
	}
}

func seededUUID(random *rand.Rand) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], random.Uint64())
	binary.BigEndian.PutUint64(b[8:], random.Uint64())
	return formatUUID(b)
}
