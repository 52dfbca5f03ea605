-- Sends the requests that a file lists, in rotation; ends with one line of figures.
-- A line holds method, address, body and headers ("Name: value"), with tabs between.
-- A second argument is a pace: so many requests a second over all connections, evenly in time.
local ffi = require("ffi")
ffi.cdef [[
   struct timespec { long seconds; long nanoseconds; };
   int clock_gettime(int clock, struct timespec *time);
]]

local requests, at = {}, 0

local function milliseconds()
   local time = ffi.new("struct timespec")
   ffi.C.clock_gettime(1, time)
   return tonumber(time.seconds) * 1e3 + tonumber(time.nanoseconds) / 1e6
end

function init(args)
   for line in io.lines(args[1]) do
      local method, address, body, rest = line:match("^([^\t]*)\t([^\t]*)\t([^\t]*)(.*)$")
      local headers = {}
      for name, value in rest:gmatch("\t([^:\t]+): ([^\t]*)") do headers[name] = value end
      requests[#requests + 1] = wrk.format(method, address, headers, body ~= "" and body or nil)
   end
   if args[2] then
      local interval, due = 1e3 / args[2], milliseconds()
      -- How long a connection waits with its next request; a late one sends at once.
      function delay()
         due = due + interval
         return math.max(0, math.floor(due - milliseconds()))
      end
   end
end

function request()
   at = at % #requests + 1
   return requests[at]
end

function done(summary, latency)
   local failed = summary.errors
   io.write(string.format(
      "figures %d %d %d %d %d %d\n", summary.requests, summary.duration,
      latency:percentile(50), latency:percentile(99), latency.max,
      failed.connect + failed.read + failed.write + failed.status + failed.timeout
   ))
end
