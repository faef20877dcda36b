<?php // PHP: the curl extension, and Guzzle, on which the vendors' packages stand.
[, $library, $base, $plan, $photo, $out] = $argv;

function via_curl($url, $field, $json, $photo) {
    $wire = curl_init($url);
    curl_setopt_array($wire, [CURLOPT_RETURNTRANSFER => true, CURLOPT_POST => true]);
    if ($json) {
        curl_setopt($wire, CURLOPT_HTTPHEADER, ['Content-Type: application/json']);
    }
    $body = $json ? json_encode($json) : [$field => new CURLFile($photo)];
    curl_setopt($wire, CURLOPT_POSTFIELDS, $body);
    $data = curl_exec($wire);
    return [curl_getinfo($wire, CURLINFO_CONTENT_TYPE), $data];
}

function via_guzzle($url, $field, $json, $photo) {
    require_once 'GuzzleHttp/autoload.php';
    $part = ['name' => $field, 'contents' => fopen($photo, 'r')];
    $options = $json ? ['json' => $json] : ['multipart' => [$part]];
    $answer = (new GuzzleHttp\Client())->post($url, $options);
    return [$answer->getHeaderLine('content-type'), (string) $answer->getBody()];
}

foreach (file($plan, FILE_IGNORE_NEW_LINES) as $line) {
    [$name, $kind, $field, $path] = explode("\t", $line);
    $json = $kind === 'json' ? [$field => base64_encode(file_get_contents($photo))] : null;
    $send = $library === 'Guzzle' ? 'via_guzzle' : 'via_curl';
    [$type, $data] = $send($base . $path, $field, $json, $photo);
    file_put_contents("$out/$name", $data);
    file_put_contents("$out/types", "$name\t$type\n", FILE_APPEND);
}
