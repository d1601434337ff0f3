"""Which registers there are: one place to look up the fields of each."""
from casework.registry.addresses import ADDRESSES
from casework.registry.components import COMPONENTS
from casework.registry.fields import Kept, Register
from casework.registry.houses import HOUSES
from casework.registry.legal_entities import LEGAL_ENTITIES
from casework.registry.persons import PERSONS

REGISTERS: dict[Register, Kept] = {one.register: one for one in (PERSONS, HOUSES, LEGAL_ENTITIES, COMPONENTS, ADDRESSES)}
