"""redis-py, sync and asyncio, in both versions of the protocol."""

import asyncio
import threading

import pytest
import redis
import redis.asyncio

from conftest import Node


@pytest.fixture(params=[2, 3], ids=["RESP2", "RESP3"])
def client(node: Node, request: pytest.FixtureRequest):
    with redis.Redis(port=node.port, protocol=request.param, decode_responses=True) as client:
        yield client


def entries(answer, key: str) -> list:
    """The entries of one stream in an answer of XREAD, which RESP3 nests once more."""
    if isinstance(answer, dict):
        return answer[key][0]
    return answer[0][1]


def test_entries_are_added_read_and_trimmed(client, key):
    ids = [client.xadd(key, {"topic": "data.quotes.X", "payload": str(number)}) for number in range(250)]
    assert client.xlen(key) == 250
    assert [entry for entry, _ in client.xrange(key)] == ids
    assert client.xrevrange(key, count=1) == [(ids[-1], {"topic": "data.quotes.X", "payload": "249"})]
    assert client.xtrim(key, maxlen=100, approximate=False) == 150
    assert client.xdel(key, ids[-1]) == 1
    info = client.xinfo_stream(key)
    assert (info["length"], info["entries-added"], info["last-generated-id"]) == (99, 250, ids[-1])
    assert client.xinfo_stream(key, full=True)["entries"]


def test_a_blocked_reader_gets_what_comes(client, node, key):
    answers = []

    def read():
        with redis.Redis(port=node.port, decode_responses=True, protocol=2) as reader:
            answers.append(reader.xread({key: "$"}, block=30_000))

    reading = threading.Thread(target=read)
    reading.start()
    while client.info("clients")["blocked_clients"] == 0:
        pass
    entry = client.xadd(key, {"n": "1"})
    reading.join(timeout=30)
    assert entries(answers[0], key) == [(entry, {"n": "1"})]


def test_a_group_shares_its_work(client, key):
    for number in range(10):
        client.xadd(key, {"n": str(number)})
    client.xgroup_create(key, "risk", id="0")
    with pytest.raises(redis.ResponseError, match="BUSYGROUP"):
        client.xgroup_create(key, "risk", id="0")
    first = entries(client.xreadgroup("risk", "one", {key: ">"}, count=6), key)
    second = entries(client.xreadgroup("risk", "two", {key: ">"}), key)
    assert [fields["n"] for _, fields in first + second] == [str(number) for number in range(10)]
    assert client.xack(key, "risk", *[entry for entry, _ in first[:5]]) == 5
    pending = client.xpending(key, "risk")
    assert (pending["pending"], pending["min"]) == (5, first[5][0])
    assert len(client.xpending_range(key, "risk", "-", "+", 10, consumername="two")) == 4
    cursor, claimed, deleted = client.xautoclaim(key, "risk", "two", min_idle_time=0, count=100)
    assert (cursor, len(claimed), deleted) == ("0-0", 5, [])
    assert [entry for entry, _ in client.xclaim(key, "risk", "one", 0, [first[5][0]])] == [first[5][0]]
    groups = client.xinfo_groups(key)
    assert (groups[0]["consumers"], groups[0]["pending"], groups[0]["lag"]) == (2, 5, 0)
    assert {consumer["name"] for consumer in client.xinfo_consumers(key, "risk")} == {"one", "two"}
    assert client.xgroup_delconsumer(key, "risk", "two") == 4
    assert client.xgroup_destroy(key, "risk") == 1
    with pytest.raises(redis.ResponseError, match="NOGROUP"):
        client.xreadgroup("risk", "one", {key: ">"})


def test_transactions_and_watches(client, node, key):
    with client.pipeline(transaction=True) as pipe:
        answers = pipe.xadd(key, {"n": "1"}).xadd(key, {"n": "2"}).xlen(key).execute()
    assert answers[2] == 2
    with client.pipeline() as pipe:
        pipe.watch(key)
        with redis.Redis(port=node.port) as other:
            other.xadd(key, {"n": "3"})
        pipe.multi()
        pipe.xlen(key)
        with pytest.raises(redis.WatchError):
            pipe.execute()


def test_strings_with_expiry(client, key):
    assert client.set(key, "value", ex=100, nx=True)
    assert client.set(key, "other", nx=True) is None
    assert 0 < client.ttl(key) <= 100
    assert client.set(key, "next", keepttl=True, get=True) == "value"
    assert client.incrby(f"{key}:count", 5) == 5
    assert client.persist(key) and client.ttl(key) == -1
    client.set(f"{key}:brief", "x", px=1)
    while client.exists(f"{key}:brief"):
        pass
    assert sorted(client.scan_iter(match=f"{key.replace('[', '?').replace(']', '?')}*")) == [key, f"{key}:count"]
    assert client.delete(key, f"{key}:count") == 2


def test_published_messages_reach_subscribers(client, key):
    with client.pubsub() as subscriber:
        subscriber.subscribe(key)
        subscriber.psubscribe("other.*")
        assert [subscriber.get_message(timeout=30)["type"] for _ in range(2)] == ["subscribe", "psubscribe"]
        assert client.publish(key, "hello") == 1
        assert client.publish("other.x", "too") == 1
        messages = [subscriber.get_message(timeout=30) for _ in range(2)]
    assert [(message["type"], message["data"]) for message in messages] == [("message", "hello"), ("pmessage", "too")]


def test_a_server_that_describes_itself(client):
    assert client.info()["redis_version"] == "7.0.15"
    assert client.client_setname("me") and client.client_getname() == "me"
    assert any(other["name"] == "me" for other in client.client_list())
    assert client.config_get("maxmemory") == {"maxmemory": "0"}
    with pytest.raises(redis.ResponseError, match="unknown command 'BLPOP'"):
        client.execute_command("BLPOP", "x", 1)


def test_a_password_is_asked_for_and_taken():
    node = Node("--resp-password", "secret")
    try:
        for password in [None, "wrong"]:
            with pytest.raises(redis.AuthenticationError), redis.Redis(port=node.port, password=password) as client:
                client.ping()
        for protocol in [2, 3]:
            with redis.Redis(port=node.port, password="secret", protocol=protocol) as client:
                assert client.ping()
    finally:
        assert node.stop() == 0


@pytest.mark.parametrize("protocol", [2, 3])
def test_asyncio(node, key, protocol):
    async def work():
        async with redis.asyncio.Redis(port=node.port, protocol=protocol, decode_responses=True) as client:
            await client.xgroup_create(key, "g", mkstream=True)

            async def consume(name: str) -> list:
                taken = []
                while answer := await client.xreadgroup("g", name, {key: ">"}, count=7, block=1000):
                    found = entries(answer, key)
                    taken += [int(fields["n"]) for _, fields in found]
                    await client.xack(key, "g", *[entry for entry, _ in found])
                    if 99 in taken or len(taken) == 100:
                        break
                return taken

            consumers = [asyncio.create_task(consume(name)) for name in ("one", "two")]
            async with client.pipeline(transaction=False) as pipe:
                for number in range(100):
                    pipe.xadd(key, {"n": number})
                await pipe.execute()
            taken = await asyncio.gather(*consumers)
            pending = await client.xpending(key, "g")
            return sorted(taken[0] + taken[1]), pending["pending"]

    assert asyncio.run(work()) == (list(range(100)), 0)
