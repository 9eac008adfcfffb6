-- Sends the requests of a file, a line each: path, body and headers ("Name: value"), with tabs
-- between. One with a body is posted.
--
--   wrk … -s wrk.lua URL -- FILE again|once THREADS
--
-- Each thread takes its share of the lines. With "once" all is over after the last one.
local ffi = require("ffi")
ffi.cdef("int getpid(void); int kill(int pid, int signal);")
local SIGINT = 2
local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

function init(args)
    requests, at, again = {}, 0, args[2] == "again"
    local line_number, shares = 0, tonumber(args[3])
    for line in io.lines(args[1]) do
        if line_number % shares == number then
            requests[#requests + 1] = format(line)
        end
        line_number = line_number + 1
    end
end

function format(line)
    local fields = {}
    for field in (line .. "\t"):gmatch("(.-)\t") do
        fields[#fields + 1] = field
    end
    local headers = { Host = wrk.headers["Host"] }
    for i = 3, #fields do
        local name, value = fields[i]:match("^(.-): (.*)$")
        headers[name] = value
    end
    if fields[2] == "" then
        return wrk.format("GET", fields[1], headers)
    end
    return wrk.format("POST", fields[1], headers, fields[2])
end

function request()
    at = at + 1
    if at > #requests then
        if again then
            at = 1
        else
            -- wrk itself would sleep on to the end of its time; this is its Ctrl-C.
            at = #requests
            wrk.thread:stop()
            ffi.C.kill(ffi.C.getpid(), SIGINT)
        end
    end
    return requests[at]
end

function done(summary, latency)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99), failed))
end
