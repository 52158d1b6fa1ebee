"""Logs in to orgs at once with simple-salesforce, and checks each token with a query.

It asks no Dev Hub, waits for nothing and keeps nothing: username and login URL of each org are on standard input.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit, urlunsplit

import requests
from simple_salesforce import Salesforce, SalesforceLogin


class Loopback(requests.adapters.HTTPAdapter):
    """Sends what is meant for *.salesforce.com, the only hosts that it knows, to the stand-in."""

    def __init__(self, origin):
        self.origin = urlsplit(origin)
        super().__init__()

    def send(self, request, **options):
        url = urlsplit(request.url)
        request.url = urlunsplit((self.origin.scheme, self.origin.netloc, url.path, url.query, ""))
        return super().send(request, **options)


def log_in(line):
    username, origin = line.split()
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", Loopback(origin))
        token, instance = SalesforceLogin(
            username=username,
            consumer_key=client_id,
            privatekey_file=key_file,
            domain="test",
            instance_url="loopback",
            session=session,
        )
        org = Salesforce(session_id=token, instance=instance, session=session, version="60.0")
        assert org.query("SELECT Id FROM Organization")["totalSize"] == 1


client_id, key_file = sys.argv[1:]
orgs = sys.stdin.read().splitlines()
with ThreadPoolExecutor(len(orgs)) as pool:
    list(pool.map(log_in, orgs))
