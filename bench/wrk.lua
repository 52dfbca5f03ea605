-- Sends the requests that a file lists (address, tab, ETag or nothing) in rotation; ends with one line of figures.
local requests, at = {}, 0

function init(args)
   for line in io.lines(args[1]) do
      local address, etag = line:match("^([^\t]+)\t(.*)$")
      local headers = {}
      if etag ~= "" then headers["If-None-Match"] = etag end
      requests[#requests + 1] = wrk.format("GET", address, headers)
   end
end

function request()
   at = at % #requests + 1
   return requests[at]
end

function done(summary, latency)
   local failed = summary.errors
   io.write(string.format(
      "figures %d %d %d %d %d\n", summary.requests, summary.duration,
      latency:percentile(50), latency:percentile(99),
      failed.connect + failed.read + failed.write + failed.status + failed.timeout
   ))
end
