//! Names of spans, attributes and their values: the conventions of OpenTelemetry for messaging as of 1.45, whose status is "Development"; what
//! changes there is changed here. Names of our own begin with `tradebus.`.

/// The instrumentation scope.
pub(super) const SCOPE: &str = "tradebus";

pub(super) const SYSTEM: &str = "messaging.system";
pub(super) const OPERATION_NAME: &str = "messaging.operation.name";
pub(super) const OPERATION_TYPE: &str = "messaging.operation.type";
pub(super) const DESTINATION_NAME: &str = "messaging.destination.name";
pub(super) const DESTINATION_TEMPLATE: &str = "messaging.destination.template";
pub(super) const CONSUMER_GROUP: &str = "messaging.consumer.group.name";
pub(super) const MESSAGE_ID: &str = "messaging.message.id";
pub(super) const CONVERSATION_ID: &str = "messaging.message.conversation_id";
pub(super) const BODY_SIZE: &str = "messaging.message.body.size";
pub(super) const BATCH_COUNT: &str = "messaging.batch.message_count";
pub(super) const ERROR_TYPE: &str = "error.type";

/// The tier.
pub(super) const PRIORITY: &str = "tradebus.priority";
/// How often a consumer group has delivered the message, this time included.
pub(super) const DELIVERY_COUNT: &str = "tradebus.delivery_count";
/// The stream in which an entry lies.
pub(super) const STREAM: &str = "tradebus.stream";

/// A message is handed to the bus; also the kind of operation of a batch.
pub(super) const SEND: &str = "send";
/// A batch goes to the store.
pub(super) const FLUSH: &str = "flush";
/// A message is handled.
pub(super) const PROCESS: &str = "process";
