// Java: HttpURLConnection, java.net.http, and from Debian OkHttp 3 and Apache's HttpClient 4.
import java.io.*;
import java.net.*;
import java.net.http.*;
import java.nio.file.*;
import java.util.*;

public class Java {
    static final String BOUNDARY = "0123456789abcdef";

    interface Library {
        Object[] send(String url, String type, byte[] body) throws Exception;
    }

    static Object[] viaConnection(String url, String type, byte[] body) throws Exception {
        HttpURLConnection wire = (HttpURLConnection) new URL(url).openConnection();
        wire.setDoOutput(true);
        wire.setRequestProperty("Content-Type", type);
        try (OutputStream to = wire.getOutputStream()) { to.write(body); }
        return new Object[] {wire.getContentType(), wire.getInputStream().readAllBytes()};
    }

    static Object[] viaHttp(String url, String type, byte[] body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url)).header("Content-Type", type)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body)).build();
        HttpResponse<byte[]> answer =
            HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofByteArray());
        return new Object[] {answer.headers().firstValue("content-type").get(), answer.body()};
    }

    static Object[] viaOkHttp(String url, String type, byte[] body) throws Exception {
        okhttp3.RequestBody sent = okhttp3.RequestBody.create(okhttp3.MediaType.parse(type), body);
        okhttp3.Request request = new okhttp3.Request.Builder().url(url).post(sent).build();
        okhttp3.Response answer = new okhttp3.OkHttpClient().newCall(request).execute();
        return new Object[] {answer.header("content-type"), answer.body().bytes()};
    }

    static Object[] viaApache(String url, String type, byte[] body) throws Exception {
        var request = new org.apache.http.client.methods.HttpPost(url);
        request.setHeader("Content-Type", type);
        request.setEntity(new org.apache.http.entity.ByteArrayEntity(body));
        var answer = org.apache.http.impl.client.HttpClients.createDefault().execute(request);
        var entity = answer.getEntity();
        return new Object[] {
            entity.getContentType().getValue(), org.apache.http.util.EntityUtils.toByteArray(entity)
        };
    }

    static byte[] form(String field, byte[] picture) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.write(("--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"" + field
            + "\"; filename=\"p.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n").getBytes());
        body.write(picture);
        body.write(("\r\n--" + BOUNDARY + "--\r\n").getBytes());
        return body.toByteArray();
    }

    public static void main(String[] args) throws Exception {
        Map<String, Library> libraries = Map.of(
            "HttpURLConnection", Java::viaConnection, "java.net.http", Java::viaHttp,
            "OkHttp", Java::viaOkHttp, "Apache HttpClient", Java::viaApache);
        byte[] picture = Files.readAllBytes(Path.of(args[3]));
        String base64 = Base64.getEncoder().encodeToString(picture);
        StringBuilder types = new StringBuilder();
        for (String line : Files.readAllLines(Path.of(args[2]))) {
            String[] call = line.split("\t");
            boolean json = call[1].equals("json");
            Object[] answer = libraries.get(args[0]).send(args[1] + call[3],
                json ? "application/json" : "multipart/form-data; boundary=" + BOUNDARY,
                json ? ("{\"" + call[2] + "\": \"" + base64 + "\"}").getBytes() : form(call[2], picture));
            Files.write(Path.of(args[4], call[0]), (byte[]) answer[1]);
            types.append(call[0]).append('\t').append(answer[0]).append('\n');
        }
        Files.writeString(Path.of(args[4], "types"), types);
    }
}
