"""What a grid worker has to do beside looking at cases: visits, surveys, data conflicts; made, answered, never lost."""
from casework.fieldwork.tasks.answers import Answered, answer, words_of
from casework.fieldwork.tasks.disputes import for_conflicts
from casework.fieldwork.tasks.lists import Duty, Wanted, ids_of, mine, page, plain, shown
from casework.fieldwork.tasks.task import Kind, Outcome, State, Task, cancel, create, reassign
from casework.fieldwork.tasks.upkeep import expire, hand_on
from casework.fieldwork.tasks.workers import whose

__all__ = ["Answered", "Duty", "Kind", "Outcome", "State", "Task", "Wanted", "answer", "cancel", "create", "expire",
           "for_conflicts", "hand_on", "ids_of", "mine", "page", "plain", "reassign", "shown", "whose", "words_of"]
