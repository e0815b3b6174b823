"""A simulated Zimbra, at wire level: a process of its own, with its own store, reached only over HTTP.

    python -m zimbra.simulator --port 8880 --data DIR [--domain ac-reunion.fr] [--admin ADDRESS:PASSWORD]

What it answers:

- SOAP (XML and JSON) at /service/soap, the admin requests at /service/admin/soap;
- REST import and export at /home/<account>/<folder>?fmt=ics|vcf|csv|zip|tgz..., uploads at /service/upload?fmt=raw;
- to a person on the same machine, pages that show what each mailbox holds: / and /mailbox/<address>;
- to a test on the same machine, /simulator/faults: see `zimbra.simulator.disturbances`.

It imports nothing of the client and is known by nobody: the protocol is all they share.
"""
