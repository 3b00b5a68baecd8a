"""What goes wrong with encrypted data, as clients and runs are told."""

from langgraph_server.errors import Unavailable


class EncryptionFailed(Unavailable):
    """An operator has to look at keys or handlers; repeating the request does not help."""

    code = "encryption_failed"
    message = "Encryption failed"


class Unreadable(EncryptionFailed):
    message = "Encrypted data cannot be read: {reason}"


class HandlerFailed(EncryptionFailed):
    message = "The application's encryption failed: {what}"
