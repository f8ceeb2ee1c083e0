"""Another secret than the data were written with is refused, whatever is sealed, and whoever starts."""

from __future__ import annotations

import asyncio
import shutil

import pytest
from typer.testing import CliRunner

from service.cli.app import app
from service.secret import SecretRefused
from service.wiring import open_service, open_store

OTHER = b"\x07" * 32


@pytest.fixture(params=[True, False], ids=["sealed", "plain"])
async def used(request, settings, content):
    """Settings of data in which somebody wrote; the key of who may read them."""
    chosen = settings.model_copy(update={"seal_contents": request.param})
    async with open_service(chosen) as service:
        _, key = await service.keys.create("shop")
        await service.moderation.one(await service.keys.caller(key), content("你好", id="c"))
    return chosen, key


async def said(chosen, key):
    async with open_service(chosen) as service:
        (decided,) = await service.moderation.history(await service.keys.caller(key), "c")
        return decided.content.parts[0].text


async def test_a_start_with_another_secret_is_refused(used):
    chosen, key = used
    right = chosen.secret_file.read_bytes()
    assert chosen.secret_check.stat().st_mode & 0o777 == 0o600
    assert right.hex().encode() != chosen.secret_check.read_bytes()
    chosen.secret_file.write_bytes(OTHER)
    with pytest.raises(SecretRefused, match="put that one back") as refused:
        await said(chosen, key)
    assert "请放回原来的 secret" in refused.value.told.zh
    chosen.secret_file.write_bytes(right)
    assert await said(chosen, key) == "你好"


async def test_a_command_without_the_secret_of_the_service_is_refused(settings, content):
    """The file that the first command made is not what the service derives from."""
    async with open_store(settings):
        pass
    given = type(settings)(**settings.model_dump(exclude={"secret"}), secret="ab" * 32)
    async with open_service(given):
        pass
    with pytest.raises(SecretRefused):
        async with open_store(settings):
            pass


async def test_data_of_old_get_a_check_value_where_what_is_sealed_opens(used):
    chosen, key = used
    value, right = chosen.secret_check.read_bytes(), chosen.secret_file.read_bytes()
    chosen.secret_check.unlink()
    if chosen.seal_contents:
        chosen.secret_file.write_bytes(OTHER)
        with pytest.raises(SecretRefused):
            await said(chosen, key)
        assert not chosen.secret_check.exists()
        chosen.secret_file.write_bytes(right)
    assert await said(chosen, key) == "你好"
    assert chosen.secret_check.read_bytes() == value


async def test_who_lost_the_secret_goes_on_by_emptying_its_check_value(used):
    chosen, key = used
    right = chosen.secret_file.read_bytes()
    chosen.secret_file.write_bytes(OTHER)
    chosen.secret_check.write_bytes(b"")
    for _ in range(2):
        assert await said(chosen, key) == ("" if chosen.seal_contents else "你好")
    chosen.secret_file.write_bytes(right)
    with pytest.raises(SecretRefused):
        await said(chosen, key)


async def test_a_restore_that_makes_a_secret_takes_the_one_that_is_put_back(used, tmp_path):
    chosen, key = used

    async def run(*words):
        done = await asyncio.to_thread(CliRunner().invoke, app, [*map(str, words)])
        assert done.exit_code == 0, done.output

    await run("backup", tmp_path / "backup", "--data", chosen.data)
    fresh = chosen.model_copy(update={"data": tmp_path / "fresh"})
    await run("restore", tmp_path / "backup", "--data", fresh.data)
    if chosen.seal_contents:
        with pytest.raises(SecretRefused):
            await said(fresh, key)
    shutil.copy2(chosen.secret_file, fresh.secret_file)
    assert await said(fresh, key) == "你好"


async def test_a_backup_is_restored_only_beside_its_secret(used, tmp_path):
    chosen, _ = used
    run, data = CliRunner(), tmp_path / "fresh"
    args = ["backup", str(tmp_path / "backup"), "--data", str(chosen.data)]
    assert (await asyncio.to_thread(run.invoke, app, args)).exit_code == 0
    data.mkdir()
    (data / "secret").write_bytes(OTHER)
    (data / "secret").chmod(0o600)
    args = ["restore", str(tmp_path / "backup"), "--data", str(data), "--lang", "en"]
    done = await asyncio.to_thread(run.invoke, app, args)
    assert (done.exit_code, "put that one back" in done.output) == (1, True), done.output
    assert [path.name for path in data.iterdir()] == ["secret"]
