// Go: net/http of the standard library, as the vendors' samples use it.
package main

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func form(field string, picture []byte) (string, io.Reader) {
	var body bytes.Buffer
	writer := multipart.NewWriter(&body)
	must(must(writer.CreateFormFile(field, "p.jpg")).Write(picture))
	writer.Close()
	return writer.FormDataContentType(), &body
}

func main() {
	base, plan, photo, out := os.Args[2], os.Args[3], os.Args[4], os.Args[5]
	picture := must(os.ReadFile(photo))
	var types strings.Builder
	for _, line := range strings.Split(strings.TrimSpace(string(must(os.ReadFile(plan)))), "\n") {
		call := strings.Split(line, "\t")
		kind, body := form(call[2], picture)
		if call[1] == "json" { // A slice of bytes becomes base64.
			text := must(json.Marshal(map[string][]byte{call[2]: picture}))
			kind, body = "application/json", bytes.NewReader(text)
		}
		answer := must(http.Post(base+call[3], kind, body))
		data := must(io.ReadAll(answer.Body))
		if err := os.WriteFile(filepath.Join(out, call[0]), data, 0o600); err != nil {
			panic(err)
		}
		types.WriteString(call[0] + "\t" + answer.Header.Get("Content-Type") + "\n")
	}
	if err := os.WriteFile(filepath.Join(out, "types"), []byte(types.String()), 0o600); err != nil {
		panic(err)
	}
}
