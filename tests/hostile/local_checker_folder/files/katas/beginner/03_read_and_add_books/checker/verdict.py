def judge(*_):
    return {"kind": "solved"}
