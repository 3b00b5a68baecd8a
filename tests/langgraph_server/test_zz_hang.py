import asyncio, random, pytest, faulthandler
from django.conf import settings
from langgraph_server.streams.reader import Reader
from langgraph_server.streams.log import RunLog
from langgraph_server.streams.connection import connect_async
from tests.langgraph_server.test_log_and_reader import *
@pytest.mark.parametrize("n", range(6))
async def test_cancel(n):
    stuck = {"reader":0,"log":0}
    for i in range(150):
        redis = connect_async(settings.REDIS_URI)
        log = RunLog(redis, prefix=PREFIX, keep=keep_nothing, retention=RETENTION)
        lt = asyncio.create_task(log.run())
        reader = Reader(settings.REDIS_URI, prefix=PREFIX)
        rt = asyncio.create_task(reader.run())
        w = open_writer(log)
        f = asyncio.create_task(read_from(reader, w, 0))
        for _ in range(random.randrange(1,30)):
            await w.append("values", b"{}")
            if random.random()<.3: await asyncio.sleep(random.uniform(0,0.003))
        await w.conclude("success")
        await asyncio.sleep(random.uniform(0,0.01))
        for name, t in (("reader",rt),("log",lt)):
            t.cancel()
            done, pending = await asyncio.wait({t}, timeout=2)
            if pending:
                stuck[name]+=1
                t.print_stack(); t.cancel(); await asyncio.wait({t}, timeout=2)
        f.cancel(); await asyncio.gather(f, return_exceptions=True)
        await reader.close(); await redis.aclose()
    assert not any(stuck.values()), stuck
