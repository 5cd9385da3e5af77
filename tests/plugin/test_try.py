def test_x(rehearse, log):
    r = rehearse("-v")
    print(log())
    r = rehearse(space='make_space(command=make_command("uvicorn main:app --port 8000", reload=True))', rehearsal='make_rehearsal(failure=make_failure(message="ModuleNotFoundError: No module named torch"))')
    r = rehearse("-v", "-n2", subprocess=True, space='make_space(command=make_command("uvicorn main:app --port 8000", reload=True, port=Port(8000,"literal")))', rehearsal='make_rehearsal(routes=(make_route(), make_route("POST","/items/{id}")))')
    print(log())
    assert 0
