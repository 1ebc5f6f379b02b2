-- Columns and fields for recordings of Ferrolab in Wireshark and tshark.
--
--   wireshark -X lua_script:docs/ferrolab.lua probe.pcapng
--   tshark -X lua_script:docs/ferrolab.lua -r probe.pcapng -Y 'ferrolab.op == "write" && ferrolab.at == 0x3e854'
--   curl -sN http://127.0.0.1:8025/api/v1/recording | wireshark -X lua_script:docs/ferrolab.lua -k -i -
--
-- The layout of a record is in docs/recordings.md. Tested with Wireshark 4.0.

local EVENT, MDIO, MMIO, BLOCK, PICTURE = wtap.USER0, wtap.USER1, wtap.USER2, wtap.USER3, wtap.USER4

local OPS = { [0] = "read", "write", "irq", "fault", "note", "flush", "discard", "write_zeroes", "zone", "done",
  "span_read", "span_write" }
local OUTCOMES = { [0] = "ok", "undriven", "kept", "ignored", "unmodelled", "refused", "held", "failed", "on", "off" }
local TEXTED = { irq = true, fault = true, note = true, span_read = true, span_write = true }

local ferrolab = Proto("ferrolab", "Ferrolab recording")
local f = ferrolab.fields
f.seq = ProtoField.uint32("ferrolab.seq", "Sequence number")
f.device = ProtoField.string("ferrolab.device", "Device")
f.requester = ProtoField.string("ferrolab.requester", "Requester")
f.op = ProtoField.string("ferrolab.op", "Operation")
f.outcome = ProtoField.string("ferrolab.outcome", "Outcome")
f.time = ProtoField.double("ferrolab.time", "Lab time (ns)")
f.at = ProtoField.uint32("ferrolab.at", "Address", base.HEX)
f.value = ProtoField.uint32("ferrolab.value", "Value", base.HEX)
f.old = ProtoField.uint32("ferrolab.old", "Value before", base.HEX)
f.aux = ProtoField.uint32("ferrolab.aux", "On the wire (ns)")
f.text = ProtoField.string("ferrolab.text", "Text")
f.event = ProtoField.string("ferrolab.event", "Event")
f.json = ProtoField.string("ferrolab.json", "JSON")

-- Names behind the indexes of records. Packets are dissected in order the first time, and a file is a chain of sections.
local sections, section_of

function ferrolab.init()
  sections, section_of = {}, {}
end

local function texts_of(json, list)
  local found = {}
  local _, _, inside = json:find('"' .. list .. '":(%b[])')
  if inside == nil then return found end
  local at = 2
  while true do
    local from = inside:find('"', at, true)
    if from == nil then return found end
    local to = from + 1
    while inside:sub(to, to) ~= '"' do
      if inside:sub(to, to) == '\\' then to = to + 1 end
      to = to + 1
    end
    found[#found + 1] = inside:sub(from + 1, to - 1):gsub('\\"', '"'):gsub('\\\\', '\\')
    at = to + 1
  end
end

-- The section a packet belongs to: events open one, records belong to the last.
local function section(pinfo, opens)
  if not pinfo.visited or section_of[pinfo.number] == nil then
    if opens then sections[#sections + 1] = { devices = {}, requesters = {}, texts = {} } end
    section_of[pinfo.number] = sections[#sections]
  end
  return section_of[pinfo.number]
end

local function address(at, port)
  if port == MDIO then return string.format("%d.%04Xh", math.floor(at / 65536), at % 65536) end
  return port == MMIO and string.format("%04Xh", at) or tostring(at)
end

local function word(json, key)
  return json:match('"' .. key .. '":"([^"]*)"') or json:match('"' .. key .. '":([%w_.-]+)') or ""
end

-- What an event says in one line.
local SAY = {
  log = function(json) return word(json, "level") .. " " .. word(json, "facility") .. ": " .. word(json, "text") end,
  step = function(json) return word(json, "title") .. ": " .. word(json, "state") end,
  driver = function(json)
    return word(json, "module") .. " on " .. word(json, "device") .. ": " .. word(json, "state") .. ", link " .. word(json, "link")
  end,
  link = function(json) return word(json, "device") .. " " .. word(json, "link") end,
  firmware = function(json) return word(json, "name") .. ", " .. word(json, "bytes") .. " bytes" end,
  identity = function(json) return word(json, "device") .. ", " .. word(json, "capacitySectors") .. " sectors" end,
  frame = function(json)
    return word(json, "device") .. " " .. word(json, "width") .. "x" .. word(json, "height") .. ", CRC " .. word(json, "crc")
  end,
  gap = function(json) return word(json, "missing") .. " records are missing" end,
  mark = function(json) return "up to #" .. word(json, "seq") end,
  run = function(json) return word(json, "scenario") .. ": " .. word(json, "verdict") end,
  ["end"] = function(json) return word(json, "reason") end,
}

local function event(tvb, pinfo, tree)
  local json = tvb:range():string()
  local kind = json:match('^{"event":"([%w_]+)"') or json:match('"event":"([%w_]+)"') or "?"
  local names = section(pinfo, kind == "recording")
  if kind == "names" and names ~= nil and not pinfo.visited then
    for _, list in ipairs({ "devices", "requesters", "texts" }) do
      for _, name in ipairs(texts_of(json:gsub('"from":%b{}', ""), list)) do
        names[list][#names[list] + 1] = name
      end
    end
  end
  pinfo.cols.protocol = "Ferrolab"
  pinfo.cols.src = "lab"
  pinfo.cols.info = kind .. " " .. (SAY[kind] and SAY[kind](json) or json:sub(1, 300))
  local branch = tree:add(ferrolab, tvb())
  branch:add(f.event, tvb(), kind)
  branch:add(f.json, tvb(), json)
end

local function record(tvb, pinfo, tree, port)
  local names = section(pinfo, false) or { devices = {}, requesters = {}, texts = {} }
  local op = OPS[tvb(6, 1):uint()] or "?"
  local outcome = OUTCOMES[tvb(7, 1):uint()] or "?"
  local device = names.devices[tvb(4, 1):uint() + 1] or "?"
  local requester = names.requesters[tvb(5, 1):uint() + 1] or "?"
  local at, value, aux = tvb(16, 4):le_uint(), tvb(20, 4):le_uint(), tvb(28, 4):le_uint()
  local branch = tree:add(ferrolab, tvb())
  branch:add_le(f.seq, tvb(0, 4))
  branch:add(f.device, tvb(4, 1), device)
  branch:add(f.requester, tvb(5, 1), requester)
  branch:add(f.op, tvb(6, 1), op)
  branch:add(f.outcome, tvb(7, 1), outcome)
  branch:add_le(f.time, tvb(8, 8))
  branch:add_le(f.at, tvb(16, 4)):append_text(" (" .. address(at, port) .. ")")
  branch:add_le(f.value, tvb(20, 4))
  branch:add_le(f.old, tvb(24, 4))
  local text = TEXTED[op] and (names.texts[aux + 1] or "") or nil
  if text ~= nil then branch:add(f.text, tvb(28, 4), text) else branch:add_le(f.aux, tvb(28, 4)) end
  pinfo.cols.protocol = "Ferrolab"
  pinfo.cols.src = requester
  pinfo.cols.dst = device
  local what = op .. " "
  if op == "irq" or op == "fault" or op == "note" then what = what .. text
  elseif text ~= nil then what = what .. value .. " bytes of " .. text .. " at " .. at
  elseif port == BLOCK then what = what .. value .. " sectors at " .. address(at, port)
  else what = what .. address(at, port) .. string.format(" %04Xh", value) end
  pinfo.cols.info = outcome == "ok" and what or what .. " [" .. outcome .. "]"
end

function ferrolab.dissector(tvb, pinfo, tree)
  event(tvb, pinfo, tree)
end

local by_link = DissectorTable.get("wtap_encap")
by_link:add(EVENT, ferrolab)
for _, port in ipairs({ MDIO, MMIO, BLOCK }) do
  local name = ({ [MDIO] = "mdio", [MMIO] = "mmio", [BLOCK] = "block" })[port]
  local proto = Proto("ferrolab_" .. name, "Ferrolab " .. name .. " record")
  function proto.dissector(tvb, pinfo, tree)
    if tvb:len() == 32 then record(tvb, pinfo, tree, port) end
  end
  by_link:add(port, proto)
end

local picture = Proto("ferrolab_picture", "Ferrolab picture")
function picture.dissector(tvb, pinfo, tree)
  pinfo.cols.protocol = "Ferrolab"
  pinfo.cols.src = "lab"
  pinfo.cols.info = "picture " .. tvb(0, 4):le_uint() .. ", a PNG file of " .. (tvb:len() - 4) .. " bytes"
end
by_link:add(PICTURE, picture)
