package web

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"payportal/internal/errs"
	"payportal/internal/textin"
)

// uploadType is what browsers send forms with a file as.
const uploadType = "multipart/form-data"

// uploadLimits bound a form with a file.
type uploadLimits struct {
	// file is the length of the file, and fields that of all other fields together.
	file, fields int64
}

const (
	// maxUploadBytes is how much is read of a body, most of it to be thrown away: a browser that is cut off while it sends
	// shows its own page of an error in place of ours, which says what was too large.
	maxUploadBytes = 64 << 20
	// maxUploadParts is how many fields a form may have, and maxUploadName how long a file's name may be, in characters.
	maxUploadParts = 32
	maxUploadName  = 120
)

// uploadWithin bounds the sending of a file: 16 MiB over a slow line of 0.5 Mbit/s. Other requests have seconds.
const uploadWithin = 5 * time.Minute

// uploads are the places for files that are being read. Each may hold a whole file in memory.
var uploads = make(chan struct{}, 4)

// uploadQueue is how long a file waits for a place.
const uploadQueue = 20 * time.Second

// uploadedFile is the file of a form, in memory. It is personal data as a rule and never touches the disk.
type uploadedFile struct {
	// name is as the browser gave it, made safe to show.
	name    string
	content []byte
}

// reader gives the content as the readers of tables want it.
func (f *uploadedFile) reader() (content io.ReaderAt, size int64) {
	return bytes.NewReader(f.content), int64(len(f.content))
}

// upload reads the body of a POST with a file in the field "file". file is nil when none was chosen. What is wrong with the
// file, or with fields that are too long, is noted at its field; a body that is no such form, or far too large, is errs.Invalid.
// done gives the place back and is to be called when the file is not needed any more.
func upload(w http.ResponseWriter, r *http.Request, limits uploadLimits) (in *input, file *uploadedFile, done func(), err error) {
	kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != uploadType || parameters["boundary"] == "" {
		return nil, nil, nil, errs.New(errs.Invalid, "read upload", "errs.malformed", err)
	}
	if done, err = takePlace(r); err != nil {
		return nil, nil, nil, err
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(uploadWithin)) // a surface without sockets has no deadlines
	_ = control.SetWriteDeadline(time.Now().Add(uploadWithin))
	u := &uploading{in: &input{values: url.Values{}}, limits: limits}
	body := multipart.NewReader(http.MaxBytesReader(w, r.Body, maxUploadBytes), parameters["boundary"])
	if err := u.read(body); err != nil {
		done()
		return nil, nil, nil, err
	}
	_ = control.SetWriteDeadline(time.Now().Add(answerWithin))
	return u.in, u.file, done, nil
}

// takePlace waits for a place among the uploads.
func takePlace(r *http.Request) (done func(), err error) {
	patience := time.NewTimer(uploadQueue)
	defer patience.Stop()
	select {
	case uploads <- struct{}{}:
		return func() { <-uploads }, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case <-patience.C:
		return nil, errs.New(errs.RateLimited, "read upload", "bulk.upload.busy", nil)
	}
}

// uploading is a form with a file that is being read.
type uploading struct {
	in     *input
	file   *uploadedFile
	limits uploadLimits
	parts  int
	// spent is the length of the fields so far.
	spent int64
}

// read reads part after part to the end.
func (u *uploading) read(body *multipart.Reader) error {
	for {
		part, err := body.NextPart()
		if err == io.EOF { //nolint:errorlint // a body that was cut off wraps it
			return nil
		}
		if err == nil {
			u.parts++
			err = u.take(part)
		}
		if err != nil {
			return damaged(err)
		}
	}
}

// damaged tells why a body could not be read to its end.
func damaged(err error) error {
	if _, known := asError(err); known {
		return err
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errs.New(errs.Invalid, "read upload", "errs.too_large", tooLarge)
	}
	return errs.New(errs.Invalid, "read upload", "errs.malformed", err)
}

func (u *uploading) take(part *multipart.Part) error {
	name := part.FormName()
	switch {
	case u.parts > maxUploadParts, name == "":
		return errs.New(errs.Invalid, "read upload", "errs.malformed", nil)
	case name == "file":
		return u.takeFile(part)
	case part.FileName() != "":
		return errs.New(errs.Invalid, "read upload", "errs.malformed", nil)
	}
	return u.takeField(name, part)
}

// takeFile keeps the file. A field of a file that stays empty is sent without a name and without content.
func (u *uploading) takeFile(part *multipart.Part) error {
	var content bytes.Buffer
	keep := u.limits.file + 1
	if u.file != nil {
		keep = 1 // enough to know that there is a second one
	}
	size, err := content.ReadFrom(io.LimitReader(part, keep))
	if err != nil {
		return err
	}
	rest, err := io.Copy(io.Discard, part)
	switch {
	case err != nil:
		return err
	case size == 0 && part.FileName() == "":
		return nil
	case u.file != nil:
		u.in.wrong("file", "bulk.upload.two", nil)
		return nil
	case size+rest > u.limits.file:
		u.in.wrong("file", "sheet.too_large", map[string]any{"Limit": u.limits.file >> 20})
	}
	u.file = &uploadedFile{name: shownName(part.FileName()), content: content.Bytes()}
	return nil
}

// shownName makes a file's name safe to show. A long one keeps its end, which tells the format.
func shownName(name string) string {
	name = textin.Visible(strings.TrimSpace(name))
	if excess := utf8.RuneCountInString(name) - maxUploadName; excess > 0 {
		name = "…" + string([]rune(name)[excess+1:])
	}
	return name
}

// takeField keeps a field, or what is left of the room for all of them.
func (u *uploading) takeField(name string, part *multipart.Part) error {
	left := u.limits.fields - u.spent
	content, err := io.ReadAll(io.LimitReader(part, left+1))
	if err != nil {
		return err
	}
	if int64(len(content)) > left {
		u.in.wrong(name, "bulk.upload.text_too_long", map[string]any{"Max": u.limits.fields >> 20})
		content = content[:0]
		if _, err := io.Copy(io.Discard, part); err != nil {
			return err
		}
	}
	u.spent += int64(len(content))
	u.in.values.Add(name, string(content))
	return nil
}
