from pydantic import BaseModel


class Refusal(BaseModel):
    """Why something was not done."""

    detail: str
