"""What this process knows of the articles: it searches, answers, and sorts questions by topic."""

from app.knowledge_index.gap_report import grouped
from app.knowledge_index.index import KnowledgeIndex

__all__ = ["KnowledgeIndex", "grouped"]
