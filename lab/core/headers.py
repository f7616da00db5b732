"""The security headers of every answer, errors and static files included."""

from flask import Flask, Response, session

from lab.core.actors import has_session

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "report-to csp",
    ]
)
REPORTS = "/reports/csp"
ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Reporting-Endpoints": f'csp="{REPORTS}"',
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
}
TRANSPORT_SECURITY = "max-age=63072000; includeSubDomains"


def init_app(app: Flask, tls: bool) -> None:
    """Adds the set after each request; HSTS only where the public address is https."""
    headers = ALWAYS | ({"Strict-Transport-Security": TRANSPORT_SECURITY} if tls else {})

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in headers.items():
            response.headers[name] = value
        if "Cache-Control" not in response.headers:
            _say_how_to_cache(response)
        return response


def _say_how_to_cache(response: Response) -> None:
    """A page with a session is nobody else's; the others may be kept, but are asked for again."""
    if session.modified or has_session():
        response.headers["Cache-Control"] = "no-store"
    else:
        response.headers["Cache-Control"] = "no-cache"
    response.vary.update(("Cookie", "Accept-Language"))
