-- What must be sealed is: Content-Type and body are replaced, what would tell of the message is deleted.
conn = mt.connect(socket)
if conn == nil then error("no connection") end
if mt.conninfo(conn, "client.example.org", "192.0.2.1") ~= nil then error("conninfo") end
if mt.mailfrom(conn, "<alice@example.org>") ~= nil then error("mailfrom") end
if mt.rcptto(conn, "<bob@keyed.example>") ~= nil then error("rcptto") end
for _, field in ipairs({
  {"From", " alice@example.org"}, {"To", " bob@keyed.example"}, {"Bcc", " eve@keyed.example"},
  {"DKIM-Signature", " v=1; d=example.org;\n\tb=abc"}, {"Subject", " figures"},
  {"Content-Type", " text/plain;\n charset=utf-8"}, {"Content-Transfer-Encoding", " 7bit"},
}) do
  if mt.header(conn, field[1], field[2]) ~= nil then error(field[1]) end
end
-- Short: miltertest 1.5 crashes where a frame of a new body is longer than about a kilobyte.
if mt.bodystring(conn, "the secret\r\n") ~= nil then error("bodystring") end
if mt.eom(conn) ~= nil then error("eom") end
if mt.getreply(conn) ~= SMFIR_ACCEPT then error("not accepted: " .. mt.getreply(conn)) end
if not mt.eom_check(conn, MT_BODYCHANGE) then error("the body is not replaced") end
if not mt.eom_check(conn, MT_HDRCHANGE, "Content-Type") then error("Content-Type is not changed") end
for _, name in ipairs({"Bcc", "DKIM-Signature", "Content-Transfer-Encoding"}) do
  if not mt.eom_check(conn, MT_HDRDELETE, name) then error(name .. " is not deleted") end
end
for _, name in ipairs({"From", "To", "Subject"}) do
  if mt.eom_check(conn, MT_HDRCHANGE, name) then error(name .. " is changed") end
end
if not mt.eom_check(conn, MT_HDRADD, "MIME-Version") then error("no MIME-Version is added") end
if mt.eom_check(conn, MT_RCPTDELETE, "<bob@keyed.example>") then error("a recipient is deleted") end
mt.disconnect(conn)
mt.echo("done")
