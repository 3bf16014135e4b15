-- A refusal is a reply code with text; nothing is edited, and the connection goes on. (miltertest 1.5's MT_SMTPREPLY never
-- finds a reply: codes and texts are what the tests with Postfix look at.)
conn = mt.connect(socket)
if conn == nil then error("no connection") end
if mt.conninfo(conn, "client.example.org", "unspec") ~= nil then error("conninfo") end

function refused(recipients)
  if mt.mailfrom(conn, "<alice@example.org>") ~= nil then error("mailfrom") end
  for _, recipient in ipairs(recipients) do
    if mt.rcptto(conn, recipient) ~= nil then error("rcptto") end
  end
  if mt.header(conn, "Subject", " figures") ~= nil then error("header") end
  if mt.bodystring(conn, "the secret\r\n") ~= nil then error("bodystring") end
  if mt.eom(conn) ~= nil then error("eom") end
  if mt.getreply(conn) ~= SMFIR_REPLYCODE then error("not refused: " .. mt.getreply(conn)) end
  if mt.eom_check(conn, MT_BODYCHANGE) then error("edited and refused") end
end

refused({"<nokey@elsewhere.example>"})
refused({"<bob@keyed.example>", "<carol@open.example>"})
refused({"<bob%other.example@keyed.example>"})
refused({"<root>"})
mt.disconnect(conn)
mt.echo("done")
