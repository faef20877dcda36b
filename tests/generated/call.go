// The three main operations through the client that openapi-generator wrote (`made`).
package main

import (
	"bytes"
	"context"
	"io"
	"log"
	"os"

	made "github.com/GIT_USER_ID/GIT_REPO_ID"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func opened(photo string) *os.File {
	return must(os.Open(photo))
}

func main() {
	base, key, photo := os.Args[1], os.Args[2], os.Args[3]
	configuration := made.NewConfiguration()
	configuration.Servers[0].URL = base
	api := made.NewAPIClient(configuration).CutoutdAPI
	ctx := context.WithValue(context.Background(), made.ContextAccessToken, key)

	cutout, _, err := api.RemoveBackground(ctx).Image([]*os.File{opened(photo)}).Execute()
	if data := must(io.ReadAll(must(cutout, err))); !bytes.HasPrefix(data, []byte("\x89PNG")) {
		log.Fatal("no PNG")
	}
	kept, _, err := api.UploadFile(ctx).Image(opened(photo)).Execute()
	job, _, err := api.CreateJob(ctx).File([]string{must(kept, err).Id}).Wait(60).Execute()
	if must(job, err).Status != made.SUCCEEDED {
		log.Fatal(job.Status)
	}
	if _, answer, err := api.RemoveBackground(ctx).Execute(); err == nil || answer.StatusCode != 400 {
		log.Fatal("a request without an image was not refused")
	}
}
