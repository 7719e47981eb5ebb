"""Relaying a body to a reply, piece by piece, never faster than the client reads."""

from bfe_py.model import Body, Exchange, Fault, Headers, Kind, Reply, Transform


async def relay(exchange: Exchange, body: Body, reply: Reply) -> None:
    """Send all of `body`, its head being sent, through the transforms of `exchange`.

    `exchange` counts the bytes, also those of a body that breaks off. The message is left unended,
    for `Reply.send_end` or `Reply.abort`.

    Raises:
        Fault: the body is not whole, the client left, or a transform failed.
    """
    transforms = exchange.transforms
    while True:
        piece = body.read_ready()
        if piece is None:
            reply.flush()
            piece = await body.read()
        is_last = not piece
        if transforms is not None:
            piece = _transform(transforms, piece, is_last=is_last)
        if piece:
            exchange.response_body_bytes += len(piece)
            reply.send_body(piece)
            if reply.is_blocked:
                await reply.wait_writable()
        if is_last:
            return


def _transform(transforms: list[Transform], piece: bytes, *, is_last: bool) -> bytes:
    try:
        for transform in transforms:
            if piece:
                piece = transform.feed(piece)
            if is_last:
                piece += transform.finish()
    except Exception as error:
        raise Fault(Kind.BODY_TRANSFORM, type(error).__name__) from error
    return piece


def trailers_of(body: Body, transforms: list[Transform] | None) -> Headers | None:
    """Trailers to send after `body`: none if it was changed on the way (they may be its digest)."""
    return None if transforms else body.trailers()
