# Ruby: Net::HTTP of the standard library, and Faraday, on which the vendors' gems stand.
require "base64"
require "json"
require "net/http"
require "stringio"
library, base, plan, photo, out = ARGV
PICTURE = File.binread(photo)

def via_net_http(url, field, json)
  address = URI(url)
  request = Net::HTTP::Post.new(address)
  if json
    request["Content-Type"] = "application/json"
    request.body = JSON.generate(json)
  else
    parts = [[field, StringIO.new(PICTURE), { filename: "p.jpg" }]]
    request.set_form(parts, "multipart/form-data")
  end
  answer = Net::HTTP.start(address.host, address.port) { |wire| wire.request(request) }
  [answer["content-type"], answer.body]
end

def via_faraday(url, field, json)
  require "faraday"
  wire = Faraday.new do |set|
    set.request :multipart
    set.adapter :net_http
  end
  body = json ? JSON.generate(json) : { field => Faraday::FilePart.new(StringIO.new(PICTURE), nil, "p.jpg") }
  answer = wire.post(url, body, json ? { "Content-Type" => "application/json" } : {})
  [answer.headers["content-type"], answer.body]
end

File.foreach(plan, chomp: true) do |line|
  name, kind, field, path = line.split("\t")
  json = { field => Base64.strict_encode64(PICTURE) } if kind == "json"
  type, data = method(library == "Faraday" ? :via_faraday : :via_net_http).call(base + path, field, json)
  File.binwrite("#{out}/#{name}", data)
  File.write("#{out}/types", "#{name}\t#{type}\n", mode: "a")
end
