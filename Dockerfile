FROM python:3.12-slim

# Spaces run as user id 1000. PYTHONDONTWRITEBYTECODE: nothing is written beside the code.
RUN useradd --create-home --uid 1000 user
ENV HOME=/home/user \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /home/user/app

COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt

USER user
COPY --chown=user main.py ./
COPY --chown=user backend ./backend

EXPOSE 7860
CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "7860", "--forwarded-allow-ips", "*", "--timeout-graceful-shutdown", "10"]
