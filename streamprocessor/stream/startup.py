"""What must be so before a worker joins its group; each thing that is not ends in a sentence, not in a log flood."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from streamprocessor.broker.clients import ClientSettings
from streamprocessor.broker.topics import check_topics, topic_ids
from streamprocessor.contract.topics import Topic, inputs, topic_named
from streamprocessor.errors import BrokerError, OperatorError, TopicError
from streamprocessor.settings import Settings
