-- wrk's script for pressure.py: every connection submits the picture again and again, and looks
-- at each refusal for its Retry-After.

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.body = file:read("*a")
  pause_ms = tonumber(args[2])
  accepted, refused, silent, other = 0, 0, 0, 0
end

function delay()
  return pause_ms
end

function response(status, headers)
  if status == 202 then
    accepted = accepted + 1
  elseif status == 429 or status == 503 then
    refused = refused + 1
    if not (headers["Retry-After"] or headers["retry-after"]) then
      silent = silent + 1
    end
  else
    other = other + 1
  end
end

function done()
  local sums = { accepted = 0, refused = 0, silent = 0, other = 0 }
  for _, thread in ipairs(threads) do
    for name, sum in pairs(sums) do
      sums[name] = sum + thread:get(name)
    end
  end
  print(string.format('{"accepted": %d, "refused": %d, "refused_without_retry_after": %d, "other": %d}',
    sums.accepted, sums.refused, sums.silent, sums.other))
end
