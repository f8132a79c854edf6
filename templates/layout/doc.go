// Package layout draws what surrounds every page of the staff portal: head, navigation, top bar, messages, and the pages
// of an error. A page is a Frame and its content. The package decides nothing: which entries a user may see, what is
// current, how long the session lasts are in the Frame. web builds it; feature templates do not import it.
//
// # What pages say to app.js
//
// All of it is enhancement: the same page works without the script.
//
//	data-copy="value"          button: copies the value, says "Copied"
//	data-here                  input: is sent as the address that the page has then, swaps included
//	data-once                  form: its button turns while the answer is awaited
//	data-warn-unsaved          form: asks before it is left half filled
//	data-type-to-confirm="x"   form: its button works once x has been typed
//	data-sign-out              form: the other tabs go to the sign-in page too
//	data-download              form: answers with a file, so that no bar waits for a page
//	data-filter, data-apply    form of ui.Filters
//	data-money, data-words     input of ui.AmountField
//	data-fours                 input of a number that stands in fours once it is typed
//	data-again="text"          button that the keys r and Alt+R press; text says in the help what it does
//	data-result                part of a swapped page that is scrolled to where it would not be seen
//	data-search                input that the key "/" leads to
//	data-rows                  table that the keys j and k walk through
//	data-reveal="id"           button: shows or hides a password
//	data-print                 button: prints
//	data-open="palette|help"   button: opens that dialog
//	data-key="t"               link of the navigation: the keys g t lead there
//	data-announce="text"       part of a page: said after it was swapped in
//	data-toast                 alert: shown in a corner for some seconds as well
//	data-problem               the sentence of an error's answer, shown beside the part that failed
//
// The body carries data-idle, data-warn (seconds), data-touch, data-sign-in, data-palette (addresses) and
// data-shortcuts-off. The palette's address answers with JSON: {"entries": [{"label", "href", "kind": "page" or "action"}],
// "jump": [{"pattern", "label", "href"}]}, where %s in label and href of a jump takes what was typed.
//
// Answers may carry the header HX-Trigger with {"portal:toast": {"text": "…", "tone": "success"}} in ASCII. An error's
// answer carries X-Request-Id. Requests that no person asked for carry X-Automatic: true: they do not prolong a session.
package layout
