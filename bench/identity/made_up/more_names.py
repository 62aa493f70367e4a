"""Common names beside the population's, the most common first: a model has to know them to be common."""


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FEMALE = _names(
    """
    Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Lisa Nancy Sandra Ashley Emily Kimberly
    Margaret Donna Michelle Carol Amanda Melissa Deborah Stephanie Rebecca Laura Sharon Cynthia Dorothy Amy Kathleen
    Angela Shirley Brenda Emma Anna Pamela Nicole Samantha Katherine Christine Helen Debra Rachel Carolyn Janet
    Maria Olivia Heather Catherine Diane Julie Victoria Joyce Lauren Kelly Christina Ruth Joan Virginia Judith
    Evelyn Hannah Andrea Megan Cheryl Jacqueline Madison Teresa Abigail Sophia Martha Sara Gloria Janice Kathryn Ann
    Isabella Judy Charlotte Julia Theresa Alexis Sydney Alyssa Brittany Danielle Natalie Diana Amber Denise Marilyn
    Vanessa Tiffany Crystal Courtney Erin Jasmine Taylor Morgan Brianna Kayla Allison Chelsea Erica Monica Veronica
    Tara Holly Leslie Dana Tracy Wendy Robin April Katie Jamie Molly Paige Haley Mackenzie Ava Mia Lily Ella Aubrey
    Zoey Audrey Leah Savannah Brooklyn Bella Claire Skylar Lucy Paisley Caroline Genesis Kennedy Kylie Autumn
    Gabriella Faith Alexandra Marissa Cassandra Jenna Kristen Kristin Lindsay Shannon Stacy Dawn Tina Regina Renee
    Yvonne Rosa Connie Peggy Bonnie Phyllis Gail Ellen Jill Joanne Lori Rhonda Suzanne
    """
)
MALE = _names(
    """
    James Robert John Michael David William Richard Joseph Thomas Christopher Charles Daniel Matthew Anthony Mark
    Donald Steven Andrew Paul Joshua Kenneth Kevin Brian Timothy Ronald George Jason Edward Jeffrey Ryan Jacob Gary
    Nicholas Eric Jonathan Stephen Larry Justin Scott Brandon Benjamin Samuel Gregory Alexander Patrick Frank
    Raymond Jack Dennis Jerry Tyler Aaron Jose Adam Nathan Henry Zachary Douglas Peter Kyle Noah Ethan Jeremy
    Christian Walter Keith Austin Roger Terry Sean Gerald Carl Dylan Harold Jordan Jesse Bryan Lawrence Arthur
    Gabriel Bruce Logan Billy Joe Alan Juan Elijah Willie Albert Wayne Randy Mason Vincent Liam Roy Bobby Caleb
    Bradley Russell Lucas Evan Luke Isaac Connor Hunter Cameron Cody Trevor Blake Derek Shane Travis Chad Brett
    Jared Dustin Casey Marcus Corey Craig Shawn Troy Todd Philip Phillip Curtis Glenn Dale Ralph Eugene Howard Fred
    Ernest Victor Martin Stanley Leonard Chase Cole Levi Owen Wyatt Julian Aiden Jackson Jayden Landon Carter Gavin
    Dominic Ian Adrian Max Spencer Garrett Colin Devin Alex Tanner Mitchell Grant
    """
)
SURNAMES = _names(
    """
    Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Thompson
    White Harris Clark Lewis Robinson Walker Young Allen King Wright Scott Hill Green Adams Nelson Baker Hall
    Campbell Mitchell Carter Roberts Phillips Evans Turner Parker Collins Edwards Stewart Morris Murphy Cook Rogers
    Morgan Peterson Cooper Reed Bailey Bell Kelly Howard Ward Cox Richardson Wood Watson Brooks Bennett Gray James
    Hughes Price Myers Long Foster Sanders Ross Powell Sullivan Russell Butler Barnes Fisher Henderson Simmons
    Patterson Jordan Reynolds Hamilton Graham Ford Wallace West Cole Owens Kennedy Ellis Stevens Murray Freeman Webb
    Tucker Burns Henry Gibson Wells Simpson Hunter Hicks Crawford Boyd Mason Warren Hunt Holmes Palmer Rice
    Robertson Black Stone Meyer Mills Grant Knight Ferguson Rose Nichols Hawkins Dunn Perkins Hudson Spencer Gardner
    Stephens Payne Pierce Berry Matthews Arnold Wagner Willis Ray Watkins Olson Carroll Duncan Snyder Hart
    Cunningham Bradley Lane Andrews Harper Fox Riley Armstrong Carpenter Weaver Greene Lawrence Elliott Sims Austin
    Peters Kelley Franklin Lawson Ryan Schmidt Hoffman Weber Hansen Jensen Carlson Keller Becker Walsh Lynch Barrett
    Burke Dean Hanson Larson Bishop Montgomery Morrison Schultz Cohen Fuller McDonald McCoy Howell Welch Brewer
    """
)
HISPANIC_FEMALE = _names(
    """
    Maria Guadalupe Ana Rosa Martha Carmen Silvia Patricia Elizabeth Alicia Yolanda Leticia Sofia Isabella Jessica
    Stephanie Jennifer Vanessa Karina Karla Diana Claudia Sandra Gloria Irma Norma Blanca Teresa Laura Cynthia Erika
    Angelica Brenda Cristina Elena Lorena Angela Andrea Valentina Ximena Melissa Ashley Emily Jasmine Samantha
    Jocelyn Evelyn Kimberly Nancy Miriam Araceli Juana Josefina Margarita Raquel Ruth Susana Susan Julia Elvira
    Graciela Maribel Liliana Michelle Denise
    """
)
HISPANIC_MALE = _names(
    """
    Juan Jose Luis Carlos Jesus Jorge Manuel Francisco Miguel Antonio Pedro Roberto Ricardo Daniel David Alejandro
    Eduardo Mario Fernando Sergio Raul Alfredo Victor Armando Arturo Martin Oscar Enrique Rafael Salvador Ernesto
    Ruben Gerardo Jaime Gabriel Marco Hector Ramon Joel Edgar Cesar Julio Rodolfo Gilberto Omar Adrian Christian
    Kevin Anthony Angel Alexander Brandon Jonathan Joshua Isaac Sebastian Leonardo Cristian Bryan Gustavo Hugo
    Rogelio Felipe Pablo Marcos Agustin Saul
    """
)
HISPANIC_SURNAMES = _names(
    """
    Garcia Hernandez Lopez Martinez Gonzalez Rodriguez Perez Sanchez Ramirez Flores Torres Rivera Gomez Diaz Reyes
    Morales Cruz Gutierrez Ortiz Chavez Ramos Ruiz Mendoza Alvarez Castillo Jimenez Vasquez Romero Herrera Medina
    Aguilar Moreno Vargas Castro Guzman Mendez Salazar Soto Delgado Valdez Rios Vega Contreras Sandoval Estrada
    Ortega Nunez Maldonado Dominguez Guerrero Avila Alvarado Rojas Juarez Campos Cervantes Luna Pena Carrillo
    Espinoza Padilla Lara Acosta Navarro Figueroa Velasquez Orozco Robles Serrano Pacheco Rosales Fuentes Molina
    Miranda Ayala Cortez Solis Mejia Zamora Camacho Cardenas Ochoa Valencia Trujillo Escobar Santiago Barajas Macias
    Magana Villa Calderon Zavala Meza Rangel Bautista Salas Ibarra Gallegos Montes Suarez Tapia Cisneros Velazquez
    Salinas Arias Leon Trejo Zuniga Villegas Nava Rosas Becerra Villarreal Aguirre Duran Marquez Quintero Galvan
    Esparza Beltran Arellano Huerta Ventura Cabrera Benitez Franco Andrade Lozano Bravo Mora Ponce Lucero Tovar
    Felix Parra Duarte Melendez Cuevas Palacios Arroyo Marin Osorio Guerra Cano Vera
    """
)
