-- A refusal is a reply with code, enhanced code and text; the connection goes on.
conn = mt.connect(socket)
if conn == nil then error("no connection") end
if mt.conninfo(conn, "client.example.org", "unspec") ~= nil then error("conninfo") end

function refused(recipients, code, enhanced)
  if mt.mailfrom(conn, "<alice@example.org>") ~= nil then error("mailfrom") end
  for _, recipient in ipairs(recipients) do
    if mt.rcptto(conn, recipient) ~= nil then error("rcptto") end
  end
  if mt.header(conn, "Subject", " figures") ~= nil then error("header") end
  if mt.bodystring(conn, "the secret\r\n") ~= nil then error("bodystring") end
  if mt.eom(conn) ~= nil then error("eom") end
  if mt.getreply(conn) ~= SMFIR_REPLYCODE then error("not refused: " .. mt.getreply(conn)) end
  if not mt.eom_check(conn, MT_SMTPREPLY, code, enhanced) then error("not with " .. code .. " " .. enhanced) end
  if mt.eom_check(conn, MT_BODYCHANGE) then error("edited and refused") end
end

refused({"<nokey@elsewhere.example>"}, "550", "5.7.1")
refused({"<bob@keyed.example>", "<carol@open.example>"}, "451", "4.7.1")
refused({"<bob%other.example@keyed.example>"}, "550", "5.7.1")
refused({"<root>"}, "550", "5.7.1")
mt.disconnect(conn)
mt.echo("done")
