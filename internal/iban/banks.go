package iban

import (
	"slices"
	"strings"
)

// Bank is one of the 38 banks of the inquiry API's document ("Bank IDs"). Several have been merged into others since, but their
// IBANs and cards go about.
type Bank struct {
	// ID is the provider's number of the bank.
	ID int
	// English and Persian are the document's names in tidy spelling.
	English, Persian string

	sign, code, prefixes string
}

// banks has the bank with the id n at n-1. The document names the banks; their codes are the central bank's, their prefixes those
// that Shetab gave out. A code or a prefix that is not certain is left out: the number then names no bank, which is no error.
var banks = []Bank{
	// id, English, Persian, sign, code in an IBAN, prefixes of cards
	{1, "Shahr", "شهر", "SHR", "061", "504706 502806"},
	{2, "Melli", "ملی", "MLI", "017", "603799"},
	{3, "Mellat", "ملت", "MLT", "012", "610433 991975"},
	{4, "Tejarat", "تجارت", "TJ", "018", "627353 585983"},
	{5, "Keshavarzi", "کشاورزی", "KSH", "016", "603770 639217"},
	{6, "Refah Kargaran", "رفاه کارگران", "RK", "013", "589463"},
	{7, "Pasargad", "پاسارگاد", "PSG", "057", "502229 639347"},
	{8, "Sepah", "سپه", "SPH", "015", "589210"},
	{9, "Saderat", "صادرات", "SDR", "019", "603769"},
	{10, "Resalat", "رسالت", "RES", "070", "504172"},
	{11, "Tose'e Saderat", "توسعه صادرات", "TS", "020", "627648 207177"},
	{12, "Sina", "سینا", "SIN", "059", "639346"},
	{13, "Ayandeh", "آینده", "AYN", "062", "636214"},
	{14, "Maskan", "مسکن", "MSK", "014", "628023"},
	{15, "Saman", "سامان", "SMN", "056", "621986"},
	{16, "Karafarin", "کارآفرین", "KAR", "053", "627488 502910"},
	{17, "Eghtesad Novin", "اقتصاد نوین", "EN", "055", "627412"},
	{18, "Parsian", "پارسیان", "PRS", "054", "622106 639194 627884"},
	{19, "Ansar", "انصار", "ANS", "063", "627381"},
	{20, "Sarmayeh", "سرمایه", "SRM", "058", "639607"},
	{21, "Dey", "دی", "DEY", "066", "502938"},
	{22, "Ghavamin", "قوامین", "GHV", "052", "639599"},
	{23, "Gardeshgari", "گردشگری", "GRD", "064", "505416"},
	{24, "Khavarmianeh", "خاورمیانه", "KHM", "078", "505809 585947"},
	{25, "Sanat va Madan", "صنعت و معدن", "SM", "011", "627961"},
	{26, "Tose'e Ta'avon", "توسعه تعاون", "TT", "022", "502908"},
	{27, "Iran Zamin", "ایران زمین", "IZ", "069", "505785"},
	{28, "Post Bank", "پست بانک", "PB", "021", "627760"},
	{29, "Mehr Iranian", "مهر ایرانیان", "MI", "060", "606373"},
	{30, "Hekmat Iranian", "حکمت ایرانیان", "HI", "065", "636949"},
	{31, "Tose'e Credit Institution", "موسسه اعتباری توسعه", "TSE", "051", "628157"},
	{32, "Melal Credit Institution", "موسسه اعتباری ملل", "MLL", "075", "606256"},
	{33, "Kosar Credit Institution", "موسسه اعتباری کوثر", "KSR", "073", "505801"},
	{34, "Noor Credit Institution", "موسسه اعتباری نور", "NOR", "080", "507677"},
	{35, "Mehr Eghtesad", "مهر اقتصاد", "ME", "079", "639370"},
	{36, "Iran-Venezuela", "مشترک ایران - ونزوئلا", "IV", "095", "581874"},
	{37, "Caspian Credit Institution", "موسسه اعتباری کاسپین", "CSP", "", ""},
	{38, "Markazi (Central Bank)", "بانک مرکزی", "CBI", "010", "636795"},
}

var (
	bankOfCode   = indexBanks(func(b Bank) []string { return strings.Fields(b.code) })
	bankOfPrefix = indexBanks(Bank.CardPrefixes)
)

func indexBanks(keys func(Bank) []string) map[string]int {
	ids := make(map[string]int)
	for _, b := range banks {
		for _, key := range keys(b) {
			ids[key] = b.ID
		}
	}
	return ids
}

// Banks lists the banks in the order of their ids.
func Banks() []Bank { return slices.Clone(banks) }

// BankByID finds a bank by the provider's number.
func BankByID(id int) (bank Bank, ok bool) {
	if id < 1 || id > len(banks) {
		return Bank{}, false
	}
	return banks[id-1], true
}

// Sign is a monogram for a badge, one to three Latin capitals that no other bank has.
func (b Bank) Sign() string { return b.sign }

// IBANCode gives the three digits by which an IBAN names the bank, "" when they are not known.
func (b Bank) IBANCode() string { return b.code }

// CardPrefixes gives the first six digits of the bank's cards, none when they are not known.
func (b Bank) CardPrefixes() []string { return strings.Fields(b.prefixes) }

// The places of what names a bank: after the check digits of an IBAN, and at the beginning of a card number.
const (
	codeFrom, codeTo = 2, 5
	prefixDigits     = 6
)

// BankOfIBANStart finds the bank of an IBAN that is still being typed; ok is false while it is too short, and where it names none
// of Banks.
func BankOfIBANStart(text string) (bank Bank, ok bool) {
	digits := firstDigits(text, codeTo)
	if len(digits) < codeTo {
		return Bank{}, false
	}
	return BankByID(bankOfCode[digits[codeFrom:]])
}

// BankOfCardStart finds the bank of a card number that is still being typed; ok is as with BankOfIBANStart.
func BankOfCardStart(text string) (bank Bank, ok bool) {
	return BankByID(bankOfPrefix[firstDigits(text, prefixDigits)])
}

// firstDigits gives the first digits of a text in their plain form, at most so many.
func firstDigits(text string, most int) string {
	digits := make([]byte, 0, most)
	for _, r := range text {
		if class, char := classify(r); class == digit && len(digits) < most {
			digits = append(digits, char)
		}
	}
	return string(digits)
}
