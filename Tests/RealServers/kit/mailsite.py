"""A mail system with Letterlock in it: Postfix in front, the gateway, what stands behind it, and the world."""
import smtplib

from kit.messages import message
from kit.sink import Received, free_port
from kit.snippets import replaced, snippets


class Site:
    """Postfix in front, the gateway, what stands behind it, and the world."""

    def __init__(self, front, gateway, world, port, exit_instance=None) -> None:
        self.front, self.gateway, self.world, self.port, self.exit = front, gateway, world, port, exit_instance

    def send(self, to: str, sender: str = "alice@example.org", **parts) -> bytes:
        original = message(to, **parts)
        with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client:
            client.sendmail(sender, [to], original, ["BODY=8BITMIME"])
        return original

    def received(self, count: int = 1) -> list[Received]:
        """What came out, once it is `count` messages; the logs are told where it does not come."""
        try:
            return self.world.wait_for(count)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.logs()}") from None

    def instances(self):
        return [one for one in (self.front, self.exit) if one is not None]

    def logs(self) -> str:
        return "\n".join(one.log() for one in self.instances()) + self.gateway.log()

    def reset(self) -> None:
        """Everything runs, and nothing is left of the test before."""
        self.gateway.mend_gpg()
        if self.gateway.process is None:
            self.gateway.start()
        for one in self.instances():
            one.forget()
            if not one.is_running():
                one.start()
        self.world.replies.clear()
        self.world.messages.clear()


def milter_site(make_postfix, make_gateway, world, *, overrides: str = "", split: bool = True, **options) -> Site:
    """Postfix with the gateway as its milter, by the lines of the page."""
    recipe = snippets("install/milter.md")
    port, back, milter = free_port(), free_port(), free_port()
    # The page's settings, as the test's own gateway has them.
    assert 'milter: [{ address: "127.0.0.1:10027", split: yes }]' in recipe["milter/letterlock.yaml"]
    doors = f"milter: [{{address: '127.0.0.1:{milter}', split: {'yes' if split else 'no'}}}]"
    gateway = make_gateway(back, entries=doors, **options)
    front = make_postfix("front", "mail.example.org")
    front.configure(
        recipe["milter/main.cf"].replace("127.0.0.1:10027", f"127.0.0.1:{milter}"),
        f"127.0.0.1:{port} inet n - n - - smtpd\n"
        + replaced(recipe["milter/master.cf"], {"127.0.0.1:10026": f"127.0.0.1:{back}"}))
    front.configure(f"relayhost = [127.0.0.1]:{world.port}\n{overrides.replace('MILTER', str(milter))}")
    front.start()
    return Site(front, gateway, world, port)
