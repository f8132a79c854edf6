package inquiry

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// Well-known numbers. Their check digits hold, and what is answered for them never changes.
const (
	// PersonIBAN belongs to زهرا محمدی, at Mellat.
	PersonIBAN    = "IR480120000000004519087612"
	PersonBank    = 3
	PersonAccount = "4519087612"
	PersonCard    = "6104330451908761"
	// CompanyIBAN belongs to the company of the document's samples, at Melli.
	CompanyIBAN    = "IR900170000000732456732147"
	CompanyBank    = 2
	CompanyAccount = "732456732147"
	CompanyCard    = "6037997324567321"
	// JointIBAN belongs to علی رضایی and مریم رضایی, at Tejarat.
	JointIBAN = "IR100180000000001902837465"
	// ArabicIBAN belongs to سید علی کریمی, whose name Saderat writes with Arabic yeh and kaf.
	ArabicIBAN = "IR090190000000000203040506"
	// The accounts of these are inactive, blocked by a court, and closed.
	InactiveIBAN = "IR810170000000300000000090"
	BlockedIBAN  = "IR270170000000300000000092"
	ClosedIBAN   = "IR700170000000300000000094"
	// These are unknown: the first three are refused with a 400, the others with a 200 that says so in prose.
	UnknownIBAN    = "IR430170000000300000000095"
	UnknownCard    = "6037990000000956"
	UnknownAccount = "300000000095" // at Melli
	ProseIBAN      = "IR590170000000300000000098"
	ProseCard      = "6037990000000980"
	// SlowIBAN is at the slow bank, FailingIBAN at the one that is down.
	SlowIBAN    = "IR930210000000300000000000"
	FailingIBAN = "IR770950000000300000000000"
)

// account is what the register knows of one.
type account struct {
	bank   bank
	number string // without zeros in front
	class  Class
	owners []owner
}

// owner is an item of deposit_owners.
type owner struct {
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
}

// wellKnown are the accounts whose owners are given and not drawn, by bank and number.
var wellKnown = map[string]account{
	key(PersonBank, PersonAccount):   {class: Person, owners: []owner{{"زهرا", "محمدی"}}},
	key(CompanyBank, CompanyAccount): {class: Company, owners: []owner{{"", "الکام توسعه آماد"}}},
	key(4, "1902837465"):             {class: Joint, owners: []owner{{"علی", "رضایی"}, {"مریم", "رضایی"}}},
	key(ArabicBank, "203040506"):     {class: Person, owners: []owner{{"سید علی", "کریمی"}}},
}

// wellKnownCards are the cards whose account is given and not drawn.
var wellKnownCards = map[string]struct {
	bank    int
	account string
}{
	PersonCard: {PersonBank, PersonAccount}, CompanyCard: {CompanyBank, CompanyAccount},
}

func key(bankID int, number string) string { return fmt.Sprintf("%d/%s", bankID, number) }

// accountAt finds the account with a number of at least two digits, drawing its owners from the digits.
func accountAt(b bank, number string) account {
	number = strings.TrimLeft(number, "0")
	a, known := wellKnown[key(b.id, number)]
	if !known {
		a.class = classOf(fmt.Sprintf("%02s", number[max(0, len(number)-2):]))
		a.owners = drawOwners(a.class, draw(b.code+number))
	}
	a.bank, a.number = b, number
	if b.id == ArabicBank {
		a.owners = arabicLetters(a.owners)
	}
	return a
}

// accountOfCard finds the account behind a card. Its last two digits are those of the card's class.
func accountOfCard(b bank, card string) account {
	if known, ok := wellKnownCards[card]; ok {
		return accountAt(b, known.account)
	}
	return accountAt(b, fmt.Sprintf("%010d%s", 1_000_000_000+draw(card)%9_000_000_000, card[13:15]))
}

// draw gives a number that the text alone decides.
func draw(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}

var (
	firstNames = []string{
		"محمد", "فاطمه", "علی", "زهرا", "حسین", "مریم", "امیرحسین", "معصومه", "رضا", "سارا", "مهدی", "نرگس", "محمدرضا", "الهام", "سید مجتبی",
		"فاطمه‌زهرا", "یوسف", "شیرین", "علی‌اکبر", "کیان",
	}
	lastNames = []string{
		"محمدی", "حسینی", "احمدی", "کریمی", "موسوی", "جعفری", "قاسمی", "رضایی", "کاظمی", "صادقی", "نوری", "یوسفی", "میرزایی", "اکبری",
		"حیدری", "نیک‌نام", "پورمحمد", "طباطبایی نژاد", "علی‌پور", "شریفی اصل", "کیانی", "مرادی", "ملکی",
	}
	companies = []string{
		"پخش سراسری آریا", "تعاونی مصرف کارکنان", "صنایع غذایی نوین", "حمل و نقل راه ابریشم", "داده‌پردازان مهر", "آب و خاک زاگرس", "بازرگانی کیمیا",
		"انتشارات سپیده دم", "فولاد کویر (سهامی خاص)", "خدمات مسافرتی پرواز شرق", "مؤسسه خیریه یاران", "طراحی و ساختمان بیستون",
	}
)

func drawOwners(c Class, drawn uint64) []owner {
	person := func(n uint64) owner {
		return owner{firstNames[n%uint64(len(firstNames))], lastNames[n/64%uint64(len(lastNames))]}
	}
	switch c {
	case Company:
		return []owner{{"", companies[drawn%uint64(len(companies))]}}
	case Joint:
		owners := []owner{person(drawn), person(drawn / 7919)}
		if drawn%10 == 9 {
			owners = append(owners, person(drawn/104_729))
		}
		return owners
	case Bare:
		return nil
	}
	return []owner{person(drawn)}
}

func arabicLetters(owners []owner) []owner {
	letters := strings.NewReplacer("ی", "ي", "ک", "ك")
	written := make([]owner, 0, len(owners))
	for _, o := range owners {
		written = append(written, owner{letters.Replace(o.FirstName), letters.Replace(o.LastName)})
	}
	return written
}
