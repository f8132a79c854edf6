package inquiry

import "slices"

// Banks that behave unlike the others.
const (
	// SlowBank (Post Bank) answers later than the others, by Config.SlowBank.
	SlowBank = 28
	// FailingBank (Iran-Venezuela) is down: inquiries about its accounts are carried out and end in a 503.
	FailingBank = 36
	// ArabicBank (Saderat) writes names with Arabic yeh and kaf.
	ArabicBank = 9
)

// bank is a row of "Bank IDs" with the name that answers give it, its code in an IBAN and the first six digits of its cards.
type bank struct {
	id         int
	name, code string
	cards      []string
}

// banks are those of the document. The codes and card numbers are not in it: they are those that the banks use in public.
// Caspian, with neither, cannot be asked about.
var banks = []bank{
	{1, "بانک شهر", "061", []string{"502806", "504706"}},
	{2, "بانک ملی ایران", "017", []string{"603799"}},
	{3, "بانک ملت", "012", []string{"610433", "991975"}},
	{4, "بانک تجارت", "018", []string{"627353", "585983"}},
	{5, "بانک کشاورزی", "016", []string{"603770", "639217"}},
	{6, "بانک رفاه کارگران", "013", []string{"589463"}},
	{7, "بانک پاسارگاد", "057", []string{"502229", "639347"}},
	{8, "بانک سپه", "015", []string{"589210"}},
	{9, "بانک صادرات ایران", "019", []string{"603769"}},
	{10, "بانک قرض‌الحسنه رسالت", "070", []string{"504172"}},
	{11, "بانک توسعه صادرات ایران", "020", []string{"627648", "207177"}},
	{12, "بانک سینا", "059", []string{"639346"}},
	{13, "بانک آینده", "062", []string{"636214"}},
	{14, "بانک مسکن", "014", []string{"628023"}},
	{15, "بانک سامان", "056", []string{"621986"}},
	{16, "بانک کارآفرین", "053", []string{"627488", "502910"}},
	{17, "بانک اقتصاد نوین", "055", []string{"627412"}},
	{18, "بانک پارسیان", "054", []string{"622106", "639194", "627884"}},
	{19, "بانک انصار", "063", []string{"627381"}},
	{20, "بانک سرمایه", "058", []string{"639607"}},
	{21, "بانک دی", "066", []string{"502938"}},
	{22, "بانک قوامین", "052", []string{"639599"}},
	{23, "بانک گردشگری", "064", []string{"505416"}},
	{24, "بانک خاورمیانه", "078", []string{"585947", "505809"}},
	{25, "بانک صنعت و معدن", "011", []string{"627961"}},
	{26, "بانک توسعه تعاون", "022", []string{"502908"}},
	{27, "بانک ایران زمین", "069", []string{"505785"}},
	{28, "پست بانک ایران", "021", []string{"627760"}},
	{29, "بانک قرض‌الحسنه مهر ایران", "060", []string{"606373"}},
	{30, "بانک حکمت ایرانیان", "065", []string{"636949"}},
	{31, "موسسه اعتباری توسعه", "051", []string{"628157"}},
	{32, "موسسه اعتباری ملل", "075", []string{"606256"}},
	{33, "موسسه اعتباری کوثر", "073", []string{"505801"}},
	{34, "موسسه اعتباری نور", "080", []string{"507677"}},
	{35, "بانک مهر اقتصاد", "079", []string{"639370"}},
	{36, "بانک مشترک ایران - ونزوئلا", "095", []string{"581874"}},
	{37, "موسسه اعتباری کاسپین", "", nil},
	{38, "بانک مرکزی جمهوری اسلامی ایران", "010", []string{"636795"}},
}

func bankOfID(id int64) (bank, bool) {
	return findBank(func(b bank) bool { return int64(b.id) == id })
}

func bankOfIBAN(iban string) (bank, bool) {
	return findBank(func(b bank) bool { return b.code == iban[4:7] })
}

func bankOfCard(card string) (bank, bool) {
	return findBank(func(b bank) bool { return slices.Contains(b.cards, card[:6]) })
}

func findBank(is func(bank) bool) (bank, bool) {
	i := slices.IndexFunc(banks, is)
	if i < 0 {
		return bank{}, false
	}
	return banks[i], true
}
