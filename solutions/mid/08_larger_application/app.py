from .shop.main import create_app

app = create_app()
