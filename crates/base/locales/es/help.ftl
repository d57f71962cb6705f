# Lo que leen las familias cuando algo no funciona
help-family-title = ¿Algo no funciona?
help-family-lead = Díganos, y le ayudamos.
help-family-device = ¿Cuál aparato?
help-family-trouble = ¿Qué le pasa?
help-family-said = ¿Hay algo más que debemos saber?
help-family-button = Avisar a la escuela
help-family-open = Nos dijo el { $day } que { $device } no funciona. Pronto le van a ayudar. También lo puede llevar a la escuela.
help-family-empty = Elija qué le pasa.
help-trouble-power = No se prende
help-trouble-internet = No hay Internet
help-trouble-slow = El Internet es lento
help-trouble-broken = Está roto o mojado
help-trouble-other = Otra cosa
# Personal
help-title = Ayuda
help-lead = Problemas que los hogares tienen con lo que usan. Siga la guía con ellos, cambie el aparato si hace falta y cierre el caso.
help-found = { $n ->
    [0] No hay casos abiertos.
    [one] Hay { $shown } caso abierto.
   *[other] Hay { $shown } casos abiertos.
}
help-open = Casos abiertos
help-closed = Casos cerrados
help-trouble = Problema
help-since = Desde
help-outcome = Cómo terminó
help-said = En sus propias palabras
help-guide = Guía
help-note = Nota
help-close = Cerrar el caso
help-swap = Cambiar el aparato en el mostrador
help-report = Anotar un problema
help-in-warranty = Con garantía
help-outcome-fixed = Ya funciona
help-outcome-swapped = Cambiado
help-outcome-back = Devuelto
help-outcome-nothing = No tenía nada
help-step-charge = Cárguelo una hora, con su propio cargador.
help-step-cable = Pruebe otro cable y otro enchufe.
help-step-reset = Mantenga el botón 20 segundos.
help-step-line = Mire la línea arriba: ¿debe estar activa y lo está? Si no, vea sus órdenes.
help-step-restart = Apáguelo, espere un minuto, préndalo.
help-step-place = Póngalo junto a una ventana, del lado de la calle.
help-step-name = Revise el nombre y la clave de la red en el aparato.
help-step-cap = Mire el uso de la línea: ¿llegó al límite del plan?
help-step-others = ¿Cuántos celulares y computadoras lo usan a la vez?
help-step-look = Que lo lleven a la escuela, y revíselo.
help-step-swap = Entregue otro.
help-repairs = Reparaciones
help-waiting = Aparatos en reparación que todavía están aquí
help-waiting-none = No hay ninguno.
help-warranty = Garantía
help-warranty-until = Garantía hasta el { $day }
help-warranty-day = Último día de la garantía
help-warranty-pays = Paga el fabricante
help-shop = Quién lo repara
help-send = Mandarlo
help-sent = Mandado
help-back = De vuelta
help-away = Fuera
help-cost = Costo
help-repair-mended = Reparado
help-repair-replaced = Reemplazado
help-repair-hopeless = No tiene arreglo
help-wrong-trouble = Elija qué le pasa.
help-wrong-shop = Diga quién lo repara. Solo se manda un aparato en reparación.
help-wrong-day = Dé una fecha, como 2027-06-30.
