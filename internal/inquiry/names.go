package inquiry

import (
	"fmt"
	"io"
	"log/slog"
	"math"
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Verdict is what a comparison of two names found. Its words are the last parts of catalogue keys.
type Verdict string

// The verdicts.
const (
	// None means that nothing was compared: no name was typed, or no owner is known.
	None Verdict = "none"
	// Match means the same letters in the same order, but for what spelling, spacing, titles and company forms make of them.
	Match Verdict = "match"
	// Near means that a person must look: another order, a part left out, a letter or two.
	Near Verdict = "near"
	// Differs means another name.
	Differs Verdict = "differs"
)

// NameMatch is a typed name beside the owner that is most like it. It holds personal data: every way to
// print or log it as a whole gives a placeholder.
type NameMatch struct {
	Verdict Verdict
	// Owner is the place of the best owner in the list, -1 with None.
	Owner int
	// Reordered means that the words are the same in another order; no part is then marked.
	Reordered bool
	// Typed and Found are the typed name and the owner's in their own spelling, cut where they begin or cease to differ.
	Typed, Found []NamePart
}

// NamePart is a piece of a name. Those of a name, put together, are the name.
type NamePart struct {
	Text string
	// Same is false where the other name has something else, or nothing.
	Same bool
}

const redactedMatch = "[name match]"

// String gives a placeholder.
func (m NameMatch) String() string { return redactedMatch }

// GoString gives a placeholder.
func (m NameMatch) GoString() string { return redactedMatch }

// Format prints a placeholder for every verb.
func (m NameMatch) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redactedMatch) }

// LogValue gives a placeholder.
func (m NameMatch) LogValue() slog.Value { return slog.StringValue(redactedMatch) }

// CompareName compares what a clerk typed with the owners that a bank named, and answers for the owner who is most like it.
// A wrong Match sends money to a stranger and a wrong Near costs a look, so that everything doubtful is Near: the order of the
// words, a missing word between others, a missing سید, titles or company forms that contradict each other, and one or two
// letters, as long as no word becomes another one. It is symmetric, except that an owner with a first name is known to be no company.
func CompareName(typed string, owners []Owner) NameMatch {
	best := NameMatch{Verdict: None, Owner: -1}
	if len(readName(typed).words) == 0 {
		return best
	}
	for i, owner := range owners {
		found := readName(owner.Name())
		if len(found.words) == 0 {
			continue
		}
		if !owner.Company() {
			found.claims = append(found.claims, nameClaim{about: sortOfOwner, says: "person"}, nameClaim{about: legalForm, says: "person"})
		}
		match := compareNames(readName(typed), found)
		match.Owner = i
		if best.Owner < 0 || match.closer(best) {
			best = match
		}
	}
	return best
}

// closer reports whether a match is better than another one: by its verdict, or by how little of the two names differs.
func (m NameMatch) closer(other NameMatch) bool {
	rank := []Verdict{Differs, Near, Match}
	a, b := slices.Index(rank, m.Verdict), slices.Index(rank, other.Verdict)
	return a > b || a == b && m.differing() < other.differing()
}

// differing counts the letters that are marked.
func (m NameMatch) differing() int {
	count := 0
	for _, part := range slices.Concat(m.Typed, m.Found) {
		if !part.Same {
			count += utf8.RuneCountInString(part.Text)
		}
	}
	return count
}

// The bounds that keep a comparison short. A longer name can match, letter for letter, and is never near.
const (
	maxNameLetters  = 120
	maxOrderedWords = 12 // among which every order is looked for
	minTypoLetters  = 5  // below which a letter makes another name
	maxTypos        = 2
)

func compareNames(a, b *nameText) NameMatch {
	lettersA, lettersB := a.letters(), b.letters()
	equal := slices.Equal(lettersA, lettersB)
	contradict := a.markContradictions(b)
	tooLong := max(len(lettersA), len(lettersB)) > maxNameLetters
	match := NameMatch{Verdict: Differs}
	switch {
	case equal && !contradict:
		match.Verdict = Match
	case equal:
		match.Verdict = Near
	case tooLong:
		a.mark(a.words...)
		b.mark(b.words...)
	case arranges(a.words, lettersB) || arranges(b.words, lettersA):
		match.Verdict, match.Reordered = Near, true
	default:
		steps := alignWords(a.words, b.words)
		if lacksAWord(a, b) || lacksAWord(b, a) || hasTypos(a, b, steps) {
			match.Verdict = Near
		}
		markDifferences(a, b, steps)
	}
	match.Typed, match.Found = a.parts(), b.parts()
	return match
}

// lacksAWord reports whether short is long without one word between others, or without the سید that it begins with, be it
// written apart or joined to the first name.
func lacksAWord(short, long *nameText) bool {
	letters := short.letters()
	for i := range long.words {
		between := i > 0 && i < len(long.words)-1
		if between && slices.Equal(letters, lettersOf(slices.Concat(long.words[:i], long.words[i+1:]))) {
			return true
		}
	}
	return slices.ContainsFunc(sayyids, func(sayyid string) bool {
		return slices.Equal(slices.Concat([]rune(sayyid), letters), long.letters())
	})
}

// sayyids are what a descendant of the Prophet has before the first name in official papers, and often leaves out elsewhere.
var sayyids = []string{"سید", "سیده"}

// arranges reports whether the words, each used once, can be laid in some order that spells the letters. It goes over the sets of
// words that spell a beginning: what is used says how far it reaches.
func arranges(words []nameWord, letters []rune) bool {
	if len(words) > maxOrderedWords || lengthOf(words) != len(letters) {
		return false
	}
	reach := make([]int, 1<<len(words)) // of a set of words, how many letters they spell, and -1 for none
	for used := range reach {
		if used > 0 && reach[used] == 0 {
			reach[used] = -1
		}
		if reach[used] < 0 {
			continue
		}
		for i, w := range words {
			at := reach[used]
			if used&(1<<i) == 0 && hasPrefix(letters[at:], w.letters) {
				reach[used|1<<i] = at + len(w.letters)
			}
		}
	}
	return reach[len(reach)-1] == len(letters)
}

func hasPrefix(letters, begin []rune) bool {
	return len(letters) >= len(begin) && slices.Equal(letters[:len(begin)], begin)
}

// hasTypos reports whether the names have the same words but for one or two letters.
func hasTypos(a, b *nameText, steps []nameStep) bool {
	if min(lengthOf(a.words), lengthOf(b.words)) < minTypoLetters {
		return false
	}
	typos := 0
	for _, s := range steps {
		if len(s.a) == 0 || len(s.b) == 0 {
			return false
		}
		typos += s.typos
	}
	return typos <= maxTypos
}

// nameStep pairs words of two names that are the same but for typos. A word without a counterpart is a step alone.
type nameStep struct {
	a, b  []nameWord
	typos int
}

// alignWords pairs the words of two names in their order, such that as few letters as can be are left without a counterpart, and
// then with as few typos as can be. Two words may be the counterpart of one: compounds are written apart and together.
func alignWords(a, b []nameWord) []nameStep {
	type choice struct {
		cost  int
		taken nameStep
	}
	const alone = 1000 // for each letter: more than all typos together
	best := make([][]choice, len(a)+1)
	for i := len(a); i >= 0; i-- {
		best[i] = make([]choice, len(b)+1)
		for j := len(b); j >= 0; j-- {
			if i == len(a) && j == len(b) {
				continue
			}
			cheapest := choice{cost: math.MaxInt}
			offer := func(na, nb, cost, typos int) {
				if cost += best[i+na][j+nb].cost; cost < cheapest.cost {
					cheapest = choice{cost, nameStep{a[i : i+na], b[j : j+nb], typos}}
				}
			}
			if i < len(a) {
				offer(1, 0, alone*len(a[i].letters), 0)
			}
			if j < len(b) {
				offer(0, 1, alone*len(b[j].letters), 0)
			}
			for _, n := range [...][2]int{{1, 1}, {1, 2}, {2, 1}} {
				if i+n[0] > len(a) || j+n[1] > len(b) {
					continue
				}
				if typos, alike := typosBetween(a[i:i+n[0]], b[j:j+n[1]]); alike {
					offer(n[0], n[1], typos, typos)
				}
			}
			best[i][j] = cheapest
		}
	}
	var steps []nameStep
	for i, j := 0, 0; i < len(a) || j < len(b); {
		s := best[i][j].taken
		steps = append(steps, s)
		i, j = i+len(s.a), j+len(s.b)
	}
	return steps
}

// typosBetween counts the letters to add, drop, change or swap with their neighbour. Two words are not alike when that is more
// than a third of the shorter one: علی and رضا would be a matter of typos otherwise.
func typosBetween(a, b []nameWord) (typos int, alike bool) {
	lengthA, lengthB := lengthOf(a), lengthOf(b)
	allowed := min(lengthA/3, lengthB/3, maxTypos)
	if max(lengthA, lengthB)-min(lengthA, lengthB) > allowed {
		return 0, false
	}
	lettersA, lettersB := lettersOf(a), lettersOf(b)
	if slices.Equal(lettersA, lettersB) {
		return 0, true
	}
	if allowed == 0 {
		return 0, false
	}
	typos = distances(lettersA, lettersB)[lengthA][lengthB]
	return typos, typos <= allowed
}

// distances gives, for the beginnings of two words of every length, the number of changes that make one of the other: the optimal
// string alignment of Damerau and Levenshtein.
func distances(a, b []rune) [][]int {
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
		for j := range table[i] {
			switch {
			case i == 0 || j == 0:
				table[i][j] = i + j
			case a[i-1] == b[j-1]:
				table[i][j] = table[i-1][j-1]
			default:
				table[i][j] = 1 + min(table[i-1][j-1], table[i-1][j], table[i][j-1])
				if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
					table[i][j] = min(table[i][j], 1+table[i-2][j-2])
				}
			}
		}
	}
	return table
}

// markDifferences marks what a screen shows of two names: whole words that have no counterpart, and single letters of those that
// are alike.
func markDifferences(a, b *nameText, steps []nameStep) {
	for _, s := range steps {
		if len(s.a) == 0 || len(s.b) == 0 {
			a.mark(s.a...)
			b.mark(s.b...)
			continue
		}
		markLetters(a, b, s)
	}
}

// markLetters goes back through the table of distances, from the ends of the words to their beginnings.
func markLetters(a, b *nameText, s nameStep) {
	lettersA, lettersB := lettersOf(s.a), lettersOf(s.b)
	placesA, placesB := placesOf(s.a), placesOf(s.b)
	table := distances(lettersA, lettersB)
	for i, j := len(lettersA), len(lettersB); i > 0 || j > 0; {
		switch {
		case i > 0 && j > 0 && lettersA[i-1] == lettersB[j-1]:
			i, j = i-1, j-1
		case i > 0 && j > 0 && table[i][j] == 1+table[i-1][j-1]:
			i, j = i-1, j-1
			a.letterAt[placesA[i]], b.letterAt[placesB[j]] = otherLetter, otherLetter
		case i > 0 && table[i][j] == 1+table[i-1][j]:
			i--
			a.letterAt[placesA[i]] = otherLetter
		case j > 0 && table[i][j] == 1+table[i][j-1]:
			j--
			b.letterAt[placesB[j]] = otherLetter
		default: // two neighbours swapped
			for range 2 {
				i, j = i-1, j-1
				a.letterAt[placesA[i]], b.letterAt[placesB[j]] = otherLetter, otherLetter
			}
		}
	}
}

// nameText is a name as it is compared, with the places of its letters in the text that it was read from.
type nameText struct {
	text  string
	words []nameWord
	// claims are the titles and company forms that were taken off.
	claims []nameClaim
	// letterAt tells of each byte of the text whether a letter begins there, and one that the other name has.
	letterAt []letterMark
}

// letterMark is what a byte of a name is.
type letterMark uint8

const (
	noLetter letterMark = iota
	sameLetter
	otherLetter
)

// nameWord is a run of letters in one spelling. places are the bytes of the text at which each of them stands.
type nameWord struct {
	letters []rune
	places  []int
}

func lettersOf(words []nameWord) []rune {
	var letters []rune
	for _, w := range words {
		letters = append(letters, w.letters...)
	}
	return letters
}

func lengthOf(words []nameWord) int {
	length := 0
	for _, w := range words {
		length += len(w.letters)
	}
	return length
}

func placesOf(words []nameWord) []int {
	var places []int
	for _, w := range words {
		places = append(places, w.places...)
	}
	return places
}

func (n *nameText) letters() []rune { return lettersOf(n.words) }

func (n *nameText) mark(words ...nameWord) {
	for _, place := range placesOf(words) {
		n.letterAt[place] = otherLetter
	}
}

// parts cuts the text where it begins or ceases to differ. What stands between two letters, a space or a vowel sign, differs when
// both of them do.
func (n *nameText) parts() []NamePart {
	var parts []NamePart
	from, same := 0, true // where the part at hand begins, and what it is
	cut := func(at int, next bool) {
		if at > from {
			parts = append(parts, NamePart{n.text[from:at], same})
		}
		from, same = at, next
	}
	end := 0 // where the last letter ends
	for at, r := range n.text {
		switch mark := n.letterAt[at]; {
		case mark == noLetter:
			continue
		case mark == otherLetter && same:
			cut(at, false)
		case mark == sameLetter && !same:
			cut(end, true)
		}
		end = at + utf8.RuneLen(r)
	}
	if !same {
		cut(end, true)
	}
	cut(len(n.text), true)
	return parts
}

// readName takes a name apart.
func readName(text string) *nameText {
	n := &nameText{text: text, words: splitWords(text), letterAt: make([]letterMark, len(text))}
	for _, place := range placesOf(n.words) {
		n.letterAt[place] = sameLetter
	}
	if lengthOf(n.words) <= maxNameLetters {
		n.dropPhrases()
	}
	return n
}

// splitWords reads the letters and digits of a text in one spelling. White space, ZWNJ and punctuation end a word; vowel signs,
// tatweel and characters of no width are nothing.
func splitWords(text string) []nameWord {
	var words []nameWord
	within := false
	read := func(r rune, at int) {
		switch {
		case isNothing(r):
		case unicode.IsLetter(r), unicode.IsDigit(r):
			if !within {
				words = append(words, nameWord{})
			}
			w := &words[len(words)-1]
			w.letters, w.places = append(w.letters, plainLetter(r)), append(w.places, at)
			within = true
		default:
			within = false
		}
	}
	for at, r := range text {
		if r < firstPresentationForm || r == unicode.ReplacementChar {
			read(r, at)
			continue
		}
		for _, r := range norm.NFKC.String(string(r)) {
			read(r, at)
		}
	}
	return words
}

// firstPresentationForm begins the part of Unicode where the ligatures and shapes stand that old systems print.
const firstPresentationForm = 0xfb50

func isNothing(r rune) bool {
	return r == 'ـ' || r > unicode.MaxASCII && r != '\u200c' && unicode.In(r, unicode.Mn, unicode.Cf)
}

// plainLetter gives the one spelling of a letter or digit: the Persian letters for the Arabic ones, alef and vav without hamza or
// madda, Latin digits and small letters.
func plainLetter(r rune) rune {
	switch r {
	case 'ي', 'ى', 'ئ', 'ې':
		return 'ی'
	case 'ك', 'ڪ':
		return 'ک'
	case 'ة', 'ۀ', 'ە', 'ہ', 'ۂ':
		return 'ه'
	case 'أ', 'إ', 'آ', 'ٱ':
		return 'ا'
	case 'ؤ':
		return 'و'
	}
	switch {
	case r >= '۰' && r <= '۹':
		return r - '۰' + '0'
	case r >= '٠' && r <= '٩':
		return r - '٠' + '0'
	default:
		return unicode.ToLower(r)
	}
}

// subject is what a title or a company form says something about.
type subject uint8

const (
	nothing     subject = iota
	gender              // آقای, خانم
	sortOfOwner         // a person, a company, an institution
	legalForm           // سهامی خاص, سهامی عام, با مسئولیت محدود
)

// nameClaim is a title or a company form that was taken off a name.
type nameClaim struct {
	about subject
	says  string
	words []nameWord
}

// namePhrases are taken off names. A title stands before the name only: دکتر زاده is a family.
var namePhrases = []struct {
	spelling []nameWord
	first    bool
	about    subject
	says     string
}{
	{splitWords("جناب"), true, nothing, ""},
	{splitWords("سرکار"), true, nothing, ""},
	{splitWords("آقای"), true, gender, "man"},
	{splitWords("خانم"), true, gender, "woman"},
	{splitWords("مهندس"), true, nothing, ""},
	{splitWords("دکتر"), true, nothing, ""},
	{splitWords("شرکت"), true, sortOfOwner, "company"},
	{splitWords("مؤسسه"), true, sortOfOwner, "institution"},
	{splitWords("سهامی خاص"), false, legalForm, "private"},
	{splitWords("س خ"), false, legalForm, "private"},
	{splitWords("سهامی عام"), false, legalForm, "public"},
	{splitWords("س ع"), false, legalForm, "public"},
	{splitWords("با مسئولیت محدود"), false, legalForm, "limited"},
	{splitWords("با مسؤولیت محدود"), false, legalForm, "limited"},
	{splitWords("مسئولیت محدود"), false, legalForm, "limited"},
	{splitWords("مسؤولیت محدود"), false, legalForm, "limited"},
}

// dropPhrases takes titles and company forms off the name, unless nothing else is there.
func (n *nameText) dropPhrases() {
	words := n.words
	var claims []nameClaim
	for at := 0; at < len(words); {
		length := 0
		for _, p := range namePhrases {
			if (at == 0 || !p.first) && beginWith(words[at:], p.spelling) {
				length = len(p.spelling)
				claims = append(claims, nameClaim{p.about, p.says, words[at : at+length]})
				words = slices.Concat(words[:at], words[at+length:])
				break
			}
		}
		if length == 0 {
			at++
		}
	}
	if len(words) > 0 {
		n.words, n.claims = words, claims
	}
}

func beginWith(words, spelling []nameWord) bool {
	return len(words) >= len(spelling) && slices.EqualFunc(words[:len(spelling)], spelling, func(a, b nameWord) bool {
		return slices.Equal(a.letters, b.letters)
	})
}

// markContradictions marks the titles and forms of two names that cannot be those of one owner, and reports whether there are any.
func (n *nameText) markContradictions(other *nameText) bool {
	found := false
	for _, a := range n.claims {
		for _, b := range other.claims {
			if a.about == b.about && a.about != nothing && a.says != b.says {
				found = true
				n.mark(a.words...)
				other.mark(b.words...)
			}
		}
	}
	return found
}
