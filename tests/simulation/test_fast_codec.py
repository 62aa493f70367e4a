"""What the simulation remembers of the codec is what the codec says."""

from random import Random

from simulation.fast_codec import remembering
from simulation.script import script
from simulation.test_scripts import sent

from schemas_avro import codec, wire


def test_records_have_the_codecs_own_bytes() -> None:
    for number in range(5):
        script.cache_clear()
        plain = (script(number).logged, sent(script(number), 3))
        script.cache_clear()
        with remembering():
            for _ in range(2):  # read, then remembered
                assert (script(number).logged, sent(script(number), 3)) == plain


def test_rows_are_the_codecs_own_and_each_callers_to_change() -> None:
    values = [out.value for number in range(5) for out in sent(script(number), 3)]
    Random(1).shuffle(values)
    for value in values:
        schema_id, payload = wire.schema_id_of(value) or 0, wire.payload_of(value)
        plain = codec.decode_own(schema_id, [payload])
        with remembering():
            codec.decode_own(schema_id, [payload])[0].clear()
            assert codec.decode_own(schema_id, [payload]) == plain
