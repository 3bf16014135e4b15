-- What passes is not edited, on one connection many times, with an abort in between.
conn = mt.connect(socket)
if conn == nil then error("no connection") end
if mt.negotiate(conn, nil, nil, nil) ~= nil then error("no negotiation") end
for _, action in ipairs({SMFIF_ADDHDRS, SMFIF_CHGHDRS, SMFIF_CHGBODY, SMFIF_ADDRCPT, SMFIF_DELRCPT}) do
  if not mt.test_action(conn, action) then error("an action is not asked for: " .. action) end
end
for _, action in ipairs({SMFIF_QUARANTINE}) do
  if mt.test_action(conn, action) then error("an action is asked for and not needed: " .. action) end
end
if not mt.test_option(conn, SMFIP_NODATA) then error("DATA is not skipped") end
if mt.conninfo(conn, "client.example.org", "192.0.2.1") ~= nil then error("conninfo") end
if mt.helo(conn, "client.example.org") ~= nil then error("helo") end

function message(number)
  mt.macro(conn, SMFIC_MAIL, "i", "QUEUE" .. number)
  if mt.mailfrom(conn, "<alice@example.org>", "BODY=8BITMIME") ~= nil then error("mailfrom") end
  if mt.rcptto(conn, "<carol@open.example>") ~= nil then error("rcptto") end
  if mt.header(conn, "From", " alice@example.org") ~= nil then error("From") end
  if mt.header(conn, "To", " carol@open.example") ~= nil then error("To") end
  if mt.header(conn, "Subject", " number " .. number) ~= nil then error("Subject") end
end

for number = 1, 5 do
  message(number)
  mt.abort(conn)
  message(number)
  if mt.bodystring(conn, "hello\r\n") ~= nil then error("bodystring") end
  if mt.eom(conn) ~= nil then error("eom") end
  if mt.getreply(conn) ~= SMFIR_ACCEPT then error("not accepted: " .. mt.getreply(conn)) end
  for _, op in ipairs({MT_HDRADD, MT_HDRCHANGE, MT_HDRDELETE, MT_HDRINSERT, MT_BODYCHANGE}) do
    if mt.eom_check(conn, op) then error("an edit where none was due: " .. op) end
  end
  if mt.eom_check(conn, MT_RCPTDELETE, "<carol@open.example>") then error("a recipient is deleted") end
end
mt.disconnect(conn)
mt.echo("done")
