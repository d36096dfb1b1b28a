//! Which mails are one conversation, and that the order in which they are seen does not matter.

mod desk;
mod found;
mod lists;
mod order;
mod yardstick;
